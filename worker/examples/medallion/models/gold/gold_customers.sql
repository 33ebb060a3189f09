{{ config(alias='customers', tags=['orders']) }}

select
    users.user_id,
    users.name,
    users.country_code,
    count(purchases.purchase_id) filter (where purchases.state = 'purchased') as kept,
    count(purchases.purchase_id) filter (where purchases.state = 'returned') as returned,
    coalesce(sum(products.price) filter (where purchases.state = 'purchased'), 0) as spent,
    max(purchases.purchased_at) as last_purchase_at
from {{ ref('silver_users') }} as users
left join {{ ref('silver_purchases') }} as purchases using (user_id)
left join {{ ref('silver_products') }} as products using (product_id)
group by 1, 2, 3
