{{ config(alias='users', tags=['orders', 'users']) }}

select
    cast({{ member('$.id') }} as bigint) as user_id,
    {{ member('$.name') }} as name,
    lower({{ member('$.email') }}) as email,
    try_cast({{ member('$.age') }} as integer) as age,
    lower({{ member('$.gender') }}) as gender,
    {{ member('$.occupation') }} as occupation,
    {{ member('$.address.city') }} as city,
    upper({{ member('$.address.country_code') }}) as country_code,
    {{ instant('$.created_at') }} as created_at,
    {{ instant('$.updated_at') }} as updated_at
from {{ source('bronze', 'users') }}
