{# A layer is a schema of its own, without dbt's usual prefix: silver, gold. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}

{# A member of a bronze record, as text; absent and null are both null. #}
{% macro member(path) -%}
    nullif(trim(_airbyte_data ->> '{{ path }}'), '')
{%- endmacro %}

{# The instant that a bronze record tells, in UTC, whether or not it names a time zone. #}
{% macro instant(path) -%}
    make_timestamp(epoch_us(try_cast({{ member(path) }} as timestamptz)))
{%- endmacro %}
