//! What is no filter, and what is said about it.

use crate::filter::Filter;

/// The whole of an error: column, message, fix.
fn refused(text: &str) -> (usize, String, String) {
    let error = text.parse::<Filter>().expect_err(text);
    (error.column, error.message, error.fix)
}

#[test]
fn an_error_names_the_place_and_the_fix() {
    let cases = [
        (
            "sig:bad status:9xx",
            16,
            "status:9xx is not a status",
            "use 200, 4xx, 5xx, >=400, t/o, rst or held",
        ),
        (
            "é tpye:x",
            3,
            "there is no field tpye:",
            "did you mean type:? ",
        ),
        (
            "sig:bda",
            5,
            "sig:bda is not one of its words",
            "did you mean sig:bad? ",
        ),
        ("sig:", 5, "sig: needs a value", "use ok, bad, old"),
        ("type:", 6, "type: needs a value", "write type:text"),
        (
            "attempt:x",
            9,
            "attempt:x is not a number",
            "write a number such as 3",
        ),
        (
            "attempt:5..1",
            9,
            "attempt:5..1 is empty",
            "write the smaller end first",
        ),
        (
            "size:>10q",
            7,
            "size:>10q is not a number",
            "write a size such as 512",
        ),
        (
            "age:<10",
            6,
            "age:<10 is not a number",
            "write a duration such as",
        ),
        ("age:10m", 5, "age: needs a comparison", "write age:<10m"),
        (
            "body:\"x",
            6,
            "the quote is never closed",
            "add the closing \"",
        ),
        (
            "body:/x",
            6,
            "a value that begins with / is a regular",
            "close it with /",
        ),
        (
            "body:/(/",
            6,
            "/(/ is not a regular expression: unclosed group",
            "correct it",
        ),
        ("(a b", 1, "this ( is never closed", "add the )"),
        ("a) b", 2, "a ) without its (", "remove it"),
        ("a | ", 5, "a term is missing at the end", "write a term"),
        (
            "| a",
            1,
            "a term is missing before the |",
            "write a term on both",
        ),
        (
            "()",
            2,
            "a term is missing before the )",
            "write a term between",
        ),
        (
            "a - b",
            3,
            "- stands before nothing",
            "write what must not match",
        ),
        (
            "a\"b\"",
            2,
            "a quote must begin a value",
            "put the whole value",
        ),
        ("header:", 8, "header: needs the name", "write header:name"),
        (
            "header:a/b",
            9,
            "this cannot stand in the name",
            "write header:name",
        ),
        (
            "json:a.b=1",
            6,
            "a path in JSON begins with a dot",
            "did you mean json:.a.b=1?",
        ),
        ("json:.a[x]", 8, "this bracket holds no index", "write [0]"),
        (
            "json:.a..b",
            9,
            "a key is missing here",
            "write a key after the dot",
        ),
        (
            "json:.a>x",
            9,
            "json:.a>x is not a comparison",
            "write a number as JSON does",
        ),
        (
            "json:.a!=1",
            8,
            "this cannot stand in a path",
            "write =value",
        ),
        (
            "provider:elam",
            10,
            "provider:elam is not a provider",
            "did you mean provider:elan?",
        ),
    ];
    for (text, column, message, fix) in cases {
        let (place, what, how) = refused(text);
        assert_eq!(place, column, "{text}: {what}");
        assert!(what.starts_with(message), "{text}: {what}");
        assert!(how.starts_with(fix), "{text}: {how}");
    }
}

#[test]
fn what_could_exhaust_memory_or_stack_is_refused() {
    let deep = format!("{}a{}", "(".repeat(2000), ")".repeat(2000));
    assert!(refused(&deep).1.starts_with("nested deeper"));
    assert!(refused(&"-".repeat(5000)).1.starts_with("nested deeper"));
    assert!(
        refused(&"a ".repeat(5000))
            .1
            .starts_with("a filter has at most")
    );
    assert!(
        refused(&"/a/ ".repeat(17))
            .1
            .starts_with("more than 16 regular")
    );
    assert!(
        refused(&format!("json:{}", ".a".repeat(65)))
            .1
            .starts_with("a path of more")
    );
    assert!(
        refused(r"/(\w{200}){200}/")
            .1
            .ends_with("too large when compiled")
    );
}
