{{ config(alias='purchases', tags=['orders', 'purchases']) }}

with typed as (
    select
        cast({{ member('$.id') }} as bigint) as purchase_id,
        cast({{ member('$.user_id') }} as bigint) as user_id,
        cast({{ member('$.product_id') }} as bigint) as product_id,
        {{ instant('$.added_to_cart_at') }} as added_to_cart_at,
        {{ instant('$.purchased_at') }} as purchased_at,
        {{ instant('$.returned_at') }} as returned_at
    from {{ source('bronze', 'purchases') }}
)

select
    typed.*,
    case
        when returned_at is not null then 'returned'
        when purchased_at is not null then 'purchased'
        else 'in_cart'
    end as state
from typed
inner join {{ ref('silver_users') }} as users using (user_id)
where coalesce(users.age, 0) >= {{ var('minimum_age') | int }}
