"""How templates spell the environment, by symbol type."""

NAMES = {
    "account_id": "AWS::AccountId",
    "region": "AWS::Region",
    "partition": "AWS::Partition",
    "dns_suffix": "AWS::URLSuffix",
}
