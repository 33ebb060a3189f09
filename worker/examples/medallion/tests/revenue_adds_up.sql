-- The months together must be worth what the purchases are worth: a row here is a difference.
{{ config(tags=['orders']) }}

with months as (
    select coalesce(sum(gross), 0) as amount from {{ ref('gold_revenue_by_month') }}
),

purchases as (
    select coalesce(sum(products.price), 0) as amount
    from {{ ref('silver_purchases') }} as bought
    inner join {{ ref('silver_products') }} as products using (product_id)
    where bought.purchased_at is not null
)

select months.amount as months, purchases.amount as purchases
from months
cross join purchases
where months.amount <> purchases.amount
