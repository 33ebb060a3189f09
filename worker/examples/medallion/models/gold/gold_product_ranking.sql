{{ config(alias='product_ranking', tags=['products']) }}

select
    products.product_id,
    products.make,
    products.model,
    count(purchases.purchase_id) filter (where purchases.purchased_at is not null) as sold,
    rank() over (
        order by count(purchases.purchase_id) filter (where purchases.purchased_at is not null) desc
    ) as place
from {{ ref('silver_products') }} as products
left join {{ ref('silver_purchases') }} as purchases using (product_id)
group by 1, 2, 3
