//! The component of wit/inventory.wit.

use std::cell::RefCell;
use std::collections::BTreeMap;

use exports::shop::inventory::stock::{Guest, Item, Problem};

wit_bindgen::generate!({ world: "inventory", path: "wit" });

struct Inventory;
export!(Inventory);

thread_local! {
    /// By SKU. An instance has one thread and its own memory, so this is the instance's state.
    static ITEMS: RefCell<BTreeMap<String, Item>> = const { RefCell::new(BTreeMap::new()) };
}

fn is_sku(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl Guest for Inventory {
    fn put(item: Item) -> Result<u32, Problem> {
        if !is_sku(&item.sku) {
            return Err(Problem::BadSku(item.sku));
        }
        ITEMS.with_borrow_mut(|items| {
            let before = items.get(&item.sku).map_or(0, |item| item.quantity);
            let quantity = before.saturating_add(item.quantity);
            items.insert(item.sku.clone(), Item { quantity, ..item });
            Ok(quantity)
        })
    }

    fn take(sku: String, quantity: u32) -> Result<u64, Problem> {
        ITEMS.with_borrow_mut(|items| {
            let Some(item) = items.get_mut(&sku) else {
                return Err(Problem::Unknown(sku));
            };
            if item.quantity < quantity {
                return Err(Problem::NotEnough((item.quantity, quantity)));
            }
            item.quantity -= quantity;
            Ok(u64::from(quantity).saturating_mul(item.price_cents))
        })
    }

    fn find(sku: String) -> Option<Item> {
        ITEMS.with_borrow(|items| items.get(&sku).cloned())
    }

    fn items(tag: Option<String>) -> Vec<Item> {
        let wanted = |item: &&Item| tag.as_ref().is_none_or(|tag| item.tags.contains(tag));
        ITEMS.with_borrow(|items| items.values().filter(wanted).cloned().collect())
    }

    fn total() -> (u32, u64) {
        ITEMS.with_borrow(|items| {
            let value = |item: &Item| u64::from(item.quantity).saturating_mul(item.price_cents);
            (items.len() as u32, items.values().map(value).fold(0, u64::saturating_add))
        })
    }
}
