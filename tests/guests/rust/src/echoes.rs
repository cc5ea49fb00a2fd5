//! Functions that return their arguments, which crosses the boundary twice.

use crate::exports::test::values::{lists, primitives, shapes, wide};
use crate::Guest;

/// Implements functions that return their only argument.
macro_rules! echo {
    ($($function:ident: $type:ty),* $(,)?) => {
        $(fn $function(v: $type) -> $type {
            v
        })*
    };
}

impl primitives::Guest for Guest {
    echo! {
        echo_bool: bool,
        echo_u8: u8,
        echo_s8: i8,
        echo_u16: u16,
        echo_s16: i16,
        echo_u32: u32,
        echo_s32: i32,
        echo_u64: u64,
        echo_s64: i64,
        echo_f32: f32,
        echo_f64: f64,
        echo_char: char,
        echo_string: String,
    }
}

impl shapes::Guest for Guest {
    echo! {
        echo_enum: shapes::Suit,
        echo_flags: shapes::Access,
        echo_record: shapes::Person,
        echo_padded: shapes::Padded,
        echo_variant: shapes::Shape,
        echo_option: Option<String>,
        echo_nested_option: Option<Option<u8>>,
        echo_result: Result<u32, String>,
        echo_bare_result: Result<(), ()>,
        echo_tuple: (u8, String, f32, char),
        echo_tree: shapes::Tree,
    }
}

impl lists::Guest for Guest {
    echo! {
        echo_bools: Vec<bool>,
        echo_u8s: Vec<u8>,
        echo_s8s: Vec<i8>,
        echo_u16s: Vec<u16>,
        echo_s16s: Vec<i16>,
        echo_u32s: Vec<u32>,
        echo_s32s: Vec<i32>,
        echo_u64s: Vec<u64>,
        echo_s64s: Vec<i64>,
        echo_f32s: Vec<f32>,
        echo_f64s: Vec<f64>,
        echo_chars: Vec<char>,
        echo_strings: Vec<String>,
        echo_persons: Vec<shapes::Person>,
        echo_points: Vec<shapes::Point>,
        echo_suits: Vec<shapes::Suit>,
        echo_accesses: Vec<shapes::Access>,
    }
}

fn sum<const N: usize>(values: [u32; N]) -> u64 {
    values.into_iter().map(u64::from).sum()
}

#[rustfmt::skip]
impl wide::Guest for Guest {
    fn sum16(
        a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32,
        i: u32, j: u32, k: u32, l: u32, m: u32, n: u32, o: u32, p: u32,
    ) -> u64 {
        sum([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }
    fn sum17(
        a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32,
        i: u32, j: u32, k: u32, l: u32, m: u32, n: u32, o: u32, p: u32, q: u32,
    ) -> u64 {
        sum([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q])
    }
    fn join9(
        a: String, b: String, c: String, d: String, e: String, f: String, g: String, h: String,
        i: String,
    ) -> String {
        [a, b, c, d, e, f, g, h, i].join("/")
    }
    fn nothing() {}
}
