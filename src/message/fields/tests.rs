use super::*;

fn member(field: &str) -> Option<Value<'_>> {
    dictionary(field.as_bytes()).map(|members| members.into_iter().next().unwrap().1)
}

fn bare(text: &str) -> Option<Bare<'static>> {
    let field: &'static str = Box::leak(format!("a={text}").into_boxed_str());
    match member(field) {
        Some(Value::Item(Item { bare, .. })) => Some(bare),
        _ => None,
    }
}

#[test]
fn values_have_one_spelling() {
    for (text, value) in [
        ("0", Bare::Integer(0)),
        ("-1", Bare::Integer(-1)),
        ("999999999999999", Bare::Integer(999_999_999_999_999)),
        ("1.0", Bare::Decimal(b"1.0")),
        ("0.125", Bare::Decimal(b"0.125")),
        ("-0.5", Bare::Decimal(b"-0.5")),
        ("0.0", Bare::Decimal(b"0.0")),
        ("-1.0", Bare::Decimal(b"-1.0")),
        ("123456789012.01", Bare::Decimal(b"123456789012.01")),
        ("\"\"", Bare::String(b"")),
        ("\"a \\\"b\\\\\"", Bare::String(b"a \\\"b\\\\")),
        ("sha-256", Bare::Token(b"sha-256")),
        ("*a/b:c", Bare::Token(b"*a/b:c")),
        (":Zm8=:", Bare::Bytes(b"fo".to_vec())),
        ("::", Bare::Bytes(vec![])),
        ("?0", Bare::Boolean(false)),
    ] {
        assert_eq!(bare(text), Some(value), "{text}");
    }
    for text in [
        "",
        "-",
        "-0",
        "-0.0",
        "+1",
        "01",
        "00",
        "1000000000000000",
        "1.",
        ".5",
        "1.50",
        "1.00",
        "0.1250",
        "1.0005",
        "1234567890123.5",
        "1e3",
        "0x1",
        "\"",
        "\"a",
        "\"\\a\"",
        "\"\\\"",
        "\"\u{7f}\"",
        "\"\t\"",
        "\"\u{e9}\"",
        "'a'",
        ":Zm8:",
        ":Zm8=",
        ":Zh==:",
        ":-_8=:",
        ":Z m8=:",
        ":",
        "?1",
        "?2",
        "?",
        "@1",
        "%\"a\"",
        "{",
        "a b",
        "1 2",
        "(1)2",
    ] {
        assert_eq!(bare(text), None, "{text}");
    }
}

#[test]
fn a_dictionary_has_each_key_once() {
    let members = dictionary(b"a=1, *b-c.d_9=\"x\", c, d;p;q=?0;r=2").unwrap();
    assert_eq!(members.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [b"a".as_slice(), b"*b-c.d_9", b"c", b"d"]);
    let Value::Item(last) = &members[3].1 else { panic!("an item") };
    assert_eq!((last.text, &last.bare), (b";p;q=?0;r=2".as_slice(), &Bare::Boolean(true)));
    assert_eq!(last.parameters, [(b"p".as_slice(), Bare::Boolean(true)), (b"q", Bare::Boolean(false)), (b"r", Bare::Integer(2))]);
    for field in [
        "",
        " a=1",
        "a=1,",
        "a=1, ",
        ",a=1",
        "a=1,,b=2",
        "a=1;",
        "a=1; b",
        "a=1 ;b",
        "a =1",
        "a= 1",
        "A=1",
        "1=1",
        "_a=1",
        "a=1,a=2",
        "a=1;x=1;x=2",
        "a=1;x=?1",
        "a=1 b=2",
        "a=1\u{0}",
        "a=1\r\n",
        "a=1,b=2",
        "a=1,  b=2",
        "a=1 , b=2",
        "a=1,\tb=2",
        "a=1 ",
        "a=1\nb=2",
    ] {
        assert_eq!(dictionary(field.as_bytes()), None, "{field:?}");
    }
}

#[test]
fn a_list_is_read_with_the_text_it_is() {
    let Some(Value::List(list)) = member("s=(\"@method\" \"x\";req;key=\"y\" 1);created=5;tag=\"t\"") else { panic!("a list") };
    assert_eq!(list.text, b"(\"@method\" \"x\";req;key=\"y\" 1);created=5;tag=\"t\"");
    assert_eq!(list.items.iter().map(|item| item.text).collect::<Vec<_>>(), [b"\"@method\"".as_slice(), b"\"x\";req;key=\"y\"", b"1"]);
    assert_eq!(parameter(&list.parameters, "created"), Some(&Bare::Integer(5)));
    assert_eq!(parameter(&list.parameters, "nonce"), None);
    assert_eq!(parameter(&list.items[1].parameters, "key"), Some(&Bare::String(b"y")));
    assert!(matches!(member("s=()"), Some(Value::List(List { text: b"()", .. }))));
    // Only here is a true written out.
    let Some(Value::List(list)) = member("s=(?1 ?0)") else { panic!("a list") };
    assert_eq!(list.items.iter().map(|item| &item.bare).collect::<Vec<_>>(), [&Bare::Boolean(true), &Bare::Boolean(false)]);
    for field in ["s=(", "s=( )", "s=(1 )", "s=( 1)", "s=(1  2)", "s=(1\t2)", "s=(1,2)", "s=((1))", "s=(1) ;a", "s=(1);a=(1)", "s=)"] {
        assert_eq!(member(field), None, "{field}");
    }
}

#[test]
fn everything_is_bounded() {
    let members = |count: usize| (0..count).map(|i| format!("m{i}=1")).collect::<Vec<_>>().join(", ");
    assert_eq!(dictionary(members(MAX_MEMBERS).as_bytes()).map(|found| found.len()), Some(MAX_MEMBERS));
    assert_eq!(dictionary(members(MAX_MEMBERS + 1).as_bytes()), None);
    let list = |count: usize| format!("s=({})", vec!["1"; count].join(" "));
    assert!(member(&list(MAX_ITEMS)).is_some());
    assert_eq!(member(&list(MAX_ITEMS + 1)), None);
    let parameters = |count: usize| format!("s=1{}", (0..count).map(|i| format!(";p{i}")).collect::<Vec<_>>().concat());
    assert!(member(&parameters(MAX_ITEMS)).is_some());
    assert_eq!(member(&parameters(MAX_ITEMS + 1)), None);
    let long = |len: usize| format!("s=\"{}\"", "x".repeat(len - 4));
    assert!(member(&long(MAX_FIELD_LEN)).is_some());
    assert_eq!(member(&long(MAX_FIELD_LEN + 1)), None);
}
