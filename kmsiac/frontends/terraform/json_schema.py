"""Which members of a `.tf.json` body are blocks: data.

JSON writes a nested block and an attribute that holds a map alike, and Terraform goes by the
provider's schema. The AWS provider has thousands of block types and few attributes that hold maps
or objects (counted in the schema of version 5.100): these are listed, and other objects are blocks.
"""

from __future__ import annotations

from collections.abc import Mapping

LABELS: Mapping[str, Mapping[str, int]] = {
    "": {
        "resource": 2,
        "data": 2,
        "ephemeral": 2,
        "action": 2,
        "variable": 1,
        "output": 1,
        "module": 1,
        "provider": 1,
        "check": 1,
        "locals": 0,
        "terraform": 0,
        "moved": 0,
        "removed": 0,
        "import": 0,
    },
    "resource": {"provisioner": 1, "connection": 0, "lifecycle": 0, "dynamic": 1, "timeouts": 0},
    "data": {"lifecycle": 0, "dynamic": 1, "timeouts": 0},
    "ephemeral": {"lifecycle": 0, "dynamic": 1},
    "provider": {"dynamic": 1},
    "dynamic": {"content": 0},
    "content": {"dynamic": 1},
    "lifecycle": {"precondition": 0, "postcondition": 0},
    "variable": {"validation": 0},
    "output": {"precondition": 0, "postcondition": 0},
    "check": {"data": 2, "assert": 0},
    "terraform": {"backend": 1, "cloud": 0, "provider_meta": 1, "required_providers": 0},
}
"""The blocks that Terraform itself defines, by the block that they stand in (the file: empty), and
how many labels each has.
"""

BY_SCHEMA = frozenset({"resource", "data", "ephemeral", "provider", "content"})
"""Blocks whose other members the provider defines."""

META_ARGUMENTS = frozenset({"count", "for_each", "depends_on", "provider", "providers"})

LITERAL = frozenset({("module", "source"), ("module", "version"), ("provider", "alias")})
"""Attributes whose strings are no templates; those of `variable` and `terraform` neither."""

LITERAL_BLOCKS = frozenset({"variable", "terraform", "backend", "required_providers", "cloud"})

REFERENCES = frozenset(
    {
        ("variable", "type"),
        ("module", "providers"),
        ("dynamic", "iterator"),
        ("moved", "from"),
        ("moved", "to"),
        ("removed", "from"),
        ("import", "to"),
    }
)
"""Attributes whose strings hold an expression; `depends_on` and `provider` do in every block."""

_NAMES_OF_MAPS = """
    additional_encryption_context additional_version_weights advanced_options
    airflow_configuration_options allocation_resource_tags ami_tags arguments athena_properties
    attribute_mapping attributes authentication_request_extra_params backup_options billing_contact
    client_metadata client_properties column_to_json_key_mappings command_line_arguments
    connection_properties connector_configuration container_environment_variables context
    credentials_map custom_properties default_arguments default_run_properties dimensions
    driver_opts dynamic_parameters egress encryption_context_equals encryption_context_subset
    entity_overrides environment_variables event_configurations expression_attribute_names
    extra_params final_backup_tags global_settings group_weights guardrail_configuration
    header_parameters hyperparameters incident_tags ingress input_paths instance_tags job_tags
    label_set labels locale_specification log_destination logins maintenance_configuration mappings
    memory_configuration metadata name_server non_overridable_arguments parameter_overrides
    parameters placement_group_config ports principal_tags profile_properties
    prompt_override_configuration properties property_map provider_details
    query_string_parameters recovery_point_tags regional_parameters request_models
    request_parameters request_templates requests required_claims resource_tags
    resource_type_management_preference resource_type_opt_in_preference response_models
    response_parameters response_templates restore_metadata_overrides roles route
    routing_configuration runtime_environment_secrets runtime_environment_variables
    s3_delivery_configuration session_attributes skewed_column_value_location_maps
    source_api_association_config stage_variable_overrides stage_variables staging_area_tags step
    supported_login_providers table_configurations tag_map tags tags_all tags_to_add target_tags
    task_properties test_bot_alias_tags token_signing_public_keys token_url_custom_properties
    triggers user_defined_fields validation_data values_importance_map variable_tags variables
    video_codec_options volume_tags weights
"""
_MAPS = frozenset(_NAMES_OF_MAPS.split())

_OTHERWISE: Mapping[str, frozenset[str]] = {
    name: frozenset(types.split())
    for name, types in {
        "actions": "aws_guardduty_malware_protection_plan",
        "attributes": "aws_globalaccelerator_accelerator "
        "aws_globalaccelerator_custom_routing_accelerator",
        "billing_contact": "aws_route53domains_registered_domain",
        "configuration": "aws_codepipeline",
        "connection_properties": "aws_opensearch_outbound_connection",
        "context": "aws_iam_principal_policy_simulation",
        "dimensions": "aws_appautoscaling_policy aws_autoscaling_policy",
        "egress": "aws_default_network_acl",
        "encryption_configuration": "aws_networkfirewall_tls_inspection_configuration "
        "aws_s3tables_table aws_s3tables_table_bucket aws_securitylake_data_lake",
        "endpoints": "aws_lambda_event_source_mapping",
        "environment": "aws_lightsail_container_service_deployment_version "
        "aws_sagemaker_data_quality_job_definition aws_sagemaker_model",
        "guardrail_configuration": "aws_bedrockagent_agent_versions",
        "ingress": "aws_default_network_acl",
        "limits": "aws_batch_job_definition",
        "metadata": "aws_appmesh_route aws_batch_job_definition aws_bedrockagent_prompt",
        "name_server": "aws_route53domains_registered_domain",
        "options": "aws_ecs_service",
        "parameters": "aws_bedrockagent_agent_action_group aws_controltower_control "
        "aws_dax_parameter_group aws_dlm_lifecycle_policy aws_glue_ml_transform "
        "aws_kinesis_firehose_delivery_stream aws_quicksight_analysis aws_quicksight_dashboard "
        "aws_quicksight_data_source aws_redshiftdata_statement aws_resourcegroups_group",
        "permissions": "aws_ssm_document",
        "properties": "aws_iot_billing_group aws_iot_thing_group aws_iot_thing_type",
        "resource_tags": "aws_inspector2_filter aws_rbin_rule aws_securityhub_automation_rule "
        "aws_securityhub_insight",
        "response_parameters": "aws_apigatewayv2_integration",
        "route": "aws_chime_voice_connector_origination",
        "routing_configuration": "aws_sfn_alias",
        "tags": "aws_ce_tags aws_devopsguru_resource_collection",
    }.items()
}
"""Resource types in which a name is the other thing than elsewhere."""


def is_map(resource_type: str, name: str) -> bool:
    """Whether an object under this name, anywhere in a resource of the type, is an attribute's value.

    Of resources that are not the AWS provider's it always is.
    """
    if not resource_type.startswith("aws"):
        return True
    return (name in _MAPS) != (resource_type in _OTHERWISE.get(name, ()))
