{{ config(alias='products', tags=['orders', 'products']) }}

select
    cast({{ member('$.id') }} as bigint) as product_id,
    {{ member('$.make') }} as make,
    {{ member('$.model') }} as model,
    try_cast({{ member('$.year') }} as integer) as year,
    cast({{ member('$.price') }} as decimal(18, 2)) as price,
    {{ instant('$.updated_at') }} as updated_at
from {{ source('bronze', 'products') }}
