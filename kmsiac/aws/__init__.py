"""What AWS defines: actions, condition keys, operators, formats, tables. Data, read at first use."""
