{{ config(alias='revenue_by_month', tags=['orders']) }}

select
    cast(date_trunc('month', purchases.purchased_at) as date) as month,
    count(*) as purchases,
    count(*) filter (where purchases.state = 'returned') as returned,
    sum(products.price) as gross,
    coalesce(sum(products.price) filter (where purchases.state = 'purchased'), 0) as net
from {{ ref('silver_purchases') }} as purchases
inner join {{ ref('silver_products') }} as products using (product_id)
where purchases.purchased_at is not null
group by 1
