//! Holds the modules of `src/` to the table and the invariants of ARCHITECTURE.md.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

type Names = BTreeMap<String, String>;

/// One path that starts at the crate's root, such as `crate::model::Network`.
#[derive(Debug, PartialEq)]
struct Edge {
    line: usize,
    path: Vec<String>,
}

/// Something that is allowed in some files only.
#[derive(Debug, PartialEq)]
struct Mention {
    line: usize,
    what: &'static str,
}

#[derive(Default)]
struct Scan {
    edges: Vec<Edge>,
    mentions: Vec<Mention>,
}

impl Scan {
    /// Reads tokens, not text, so that comments and strings don't count and aliases of layout do.
    fn of(source: &str, module: &[String]) -> Scan {
        let tokens: TokenStream = source.parse().expect("src/ is Rust");
        let mut scan = Scan::default();
        scan.walk(tokens, module);
        scan
    }

    fn walk(&mut self, tokens: TokenStream, module: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let ident = |i: usize| match tokens.get(i) {
            Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
            _ => None,
        };
        let punct = |i: usize, c: char| matches!(tokens.get(i), Some(TokenTree::Punct(p)) if p.as_char() == c);
        let colons = |i: usize| punct(i, ':') && punct(i + 1, ':');
        for (i, token) in tokens.iter().enumerate() {
            if let TokenTree::Group(group) = token {
                let mut inner = module.to_vec();
                // `mod name { … }` is a module of its own, seen from which `super` is this one.
                if group.delimiter() == Delimiter::Brace
                    && i >= 2
                    && ident(i - 2).as_deref() == Some("mod")
                {
                    inner.extend(ident(i - 1));
                }
                self.walk(group.stream(), &inner);
                continue;
            }
            let Some(word) = ident(i) else { continue };
            let line = token.span().start().line;
            let in_path = i >= 2 && colons(i - 2);
            let after = |name: &str| i >= 3 && in_path && ident(i - 3).as_deref() == Some(name);
            let in_tests = module.iter().any(|m| m == "tests");
            let mut mention = |what| self.mentions.push(Mention { line, what });
            match word.as_str() {
                "print" | "println" | "eprint" | "eprintln" | "dbg"
                    if punct(i + 1, '!') && !in_tests =>
                {
                    mention("prints");
                }
                "stdout" | "stderr" if after("io") => mention("prints"),
                "net" if after("std") => mention("opens sockets"),
                "TcpStream" | "TcpListener" | "UdpSocket" | "UnixStream" => {
                    mention("opens sockets");
                }
                "ort" if !in_path && colons(i + 1) => mention("names the runtime"),
                "anyhow" if !in_path && (colons(i + 1) || punct(i + 1, '!')) => {
                    mention("uses anyhow");
                }
                "crate" if colons(i + 1) => self.tree(&tokens[i + 3..], &[], line),
                "super" if colons(i + 1) && !in_path => {
                    let mut base = module.to_vec();
                    let mut next = i;
                    while ident(next).as_deref() == Some("super") && colons(next + 1) {
                        base.pop();
                        next += 3;
                    }
                    self.tree(&tokens[next..], &base, line);
                }
                _ => {}
            }
        }
    }

    /// Records the path or the tree of paths at the start of `tokens`, below `base`.
    fn tree(&mut self, tokens: &[TokenTree], base: &[String], line: usize) {
        let mut path = base.to_vec();
        let mut rest = tokens;
        loop {
            match rest {
                [TokenTree::Ident(name), TokenTree::Punct(a), TokenTree::Punct(b), tail @ ..]
                    if a.as_char() == ':' && b.as_char() == ':' && !tail.is_empty() =>
                {
                    path.push(name.to_string());
                    rest = tail;
                }
                [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::Brace => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let is_comma =
                        |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
                    for branch in inner.split(is_comma).filter(|branch| !branch.is_empty()) {
                        let line = branch[0].span().start().line;
                        self.tree(branch, &path, line);
                    }
                    return;
                }
                [TokenTree::Ident(name), ..] => {
                    path.push(name.to_string());
                    break;
                }
                [TokenTree::Punct(star), ..] if star.as_char() == '*' => {
                    path.push("*".to_owned());
                    break;
                }
                _ => break,
            }
        }
        if !path.is_empty() {
            self.edges.push(Edge { line, path });
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// `src/detect/nms.rs` → `detect`, `nms`; `src/detect/mod.rs` → `detect`.
fn module_path(relative: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        relative.with_extension("").iter().map(|p| p.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
        parts.pop();
    }
    parts
}

/// The rows of the table, top to bottom: module, and what it may use.
fn table() -> Vec<(String, Vec<String>)> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let names = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            assert_eq!(cells.len(), 3, "a row of the table has three cells: {line}");
            (names(cells[0]).remove(0), names(cells[2]))
        })
        .collect()
}

/// Which module each public name of the crate's root comes from, by the `pub use` list of lib.rs.
fn root_names() -> Names {
    let source = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let tokens: Vec<TokenTree> = source.parse::<TokenStream>().unwrap().into_iter().collect();
    let mut names = Names::new();
    for (i, pair) in tokens.windows(2).enumerate() {
        let [TokenTree::Ident(a), TokenTree::Ident(b)] = pair else { continue };
        if a != "pub" || b != "use" {
            continue;
        }
        let mut scan = Scan::default();
        scan.tree(&tokens[i + 2..], &[], 0);
        for edge in scan.edges {
            names.insert(edge.path.last().unwrap().clone(), edge.path[0].clone());
        }
    }
    names
}

/// The module that an edge leads to.
fn target(edge: &Edge, modules: &[(String, Vec<String>)], names: &Names) -> Result<String, String> {
    let first = &edge.path[0];
    if modules.iter().any(|(module, _)| module == first) {
        return Ok(first.clone());
    }
    names.get(first).cloned().ok_or_else(|| {
        format!("`{}` is neither a module of the table nor in lib.rs", edge.path.join("::"))
    })
}

/// Every breach in one file, as `file:line: what`.
fn breaches(
    file: &str,
    source: &str,
    table: &[(String, Vec<String>)],
    names: &Names,
) -> Vec<String> {
    let module = module_path(Path::new(file.trim_start_matches("src/")));
    let scan = Scan::of(source, &module);
    let mut found = Vec::new();
    let top = module.first().map_or("", String::as_str);
    for Mention { line, what } in &scan.mentions {
        let allowed = match *what {
            "prints" | "uses anyhow" => top == "cli",
            "names the runtime" => file == "src/model/onnx.rs",
            _ => false,
        };
        if !allowed {
            found.push(format!("{file}:{line}: {what}, which is not allowed here"));
        }
    }
    // lib.rs and main.rs name every module: that is what they are for.
    if module.is_empty() {
        return found;
    }
    let Some((_, allowed)) = table.iter().find(|(name, _)| name == top) else {
        found.push(format!("{file}:1: the module `{top}` has no row in ARCHITECTURE.md"));
        return found;
    };
    for edge in &scan.edges {
        match target(edge, table, names) {
            Ok(target) if target == top || allowed.contains(&target) => {}
            Ok(target) => found.push(format!(
                "{file}:{}: `{top}` may not use `{target}` (here: {})",
                edge.line,
                edge.path.join("::")
            )),
            Err(why) => found.push(format!("{file}:{}: {why}", edge.line)),
        }
    }
    found
}

#[test]
fn every_path_in_src_keeps_to_the_table() {
    let (table, names) = (table(), root_names());
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    assert!(files.len() > 10, "the sources are at src/");
    let found: Vec<String> = files
        .iter()
        .flat_map(|path| {
            let file = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            breaches(&file, &std::fs::read_to_string(path).unwrap(), &table, &names)
        })
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn arrows_point_downward() {
    let table = table();
    for (i, (module, uses)) in table.iter().enumerate() {
        for used in uses {
            assert!(
                table[..i].iter().any(|(above, _)| above == used),
                "`{module}` names `{used}`, which has no row above it"
            );
        }
    }
}

#[test]
fn every_row_has_its_module() {
    for (module, _) in table() {
        let file = root().join("src").join(&module);
        assert!(
            file.with_extension("rs").is_file() || file.join("mod.rs").is_file(),
            "the table has a row for `{module}`, which is not in src/"
        );
    }
}

#[test]
fn judging_sees_nothing_of_deciding() {
    for (module, uses) in table() {
        let judging: &[&str] = match module.as_str() {
            // Plain numbers: whoever compares them knows of no model.
            "audit" => &["error", "digest", "record", "crossmatch"],
            // How a file is written says nothing of what is in it.
            "export" => &["error", "files", "digest", "record", "audit"],
            _ => continue,
        };
        assert!(uses.iter().all(|used| judging.contains(&used.as_str())), "{module}: {uses:?}");
    }
}

/// The checks themselves: each breach is seen, with its line, and what only looks like one is not.
#[test]
fn breaches_are_seen_and_innocent_text_is_not() {
    let (table, names) = (table(), root_names());
    let seen = |file: &str, source: &str| breaches(file, source, &table, &names);
    let cases = [
        (
            "src/audit/rates.rs",
            "\nuse crate::model::Network;",
            "src/audit/rates.rs:2: `audit` may not use `model`",
        ),
        (
            "src/audit/rates.rs",
            "use crate::{\n    Result,\n    Verifier,\n};",
            "src/audit/rates.rs:3: `audit` may not use `verify`",
        ),
        (
            "src/audit/rates.rs",
            "use super::super::sample::Sample;",
            "src/audit/rates.rs:1: `audit` may not use `sample`",
        ),
        (
            "src/geometry.rs",
            "fn f() { g(crate::align::CROP_SIDE) }",
            "src/geometry.rs:1: `geometry` may not use `align`",
        ),
        (
            "src/detect/nms.rs",
            "mod tests { use super::super::super::decide::Policy; }",
            "src/detect/nms.rs:1: `detect` may not use `decide`",
        ),
        (
            "src/compare.rs",
            "fn f() { assert!(crate::cli::x()) }",
            "src/compare.rs:1: `compare` may not use `cli`",
        ),
        ("src/mystery.rs", "fn f() {}", "src/mystery.rs:1: the module `mystery` has no row"),
        ("src/decide.rs", "use crate::Unheard;", "src/decide.rs:1: `Unheard` is neither"),
        ("src/decide.rs", "\n\nfn f() { println!(); }", "src/decide.rs:3: prints"),
        ("src/decide.rs", "fn f() { std::io::stderr(); }", "src/decide.rs:1: prints"),
        ("src/verify.rs", "use ort::session::Session;", "src/verify.rs:1: names the runtime"),
        (
            "src/verify.rs",
            "fn f() -> anyhow::Result<()> { Ok(()) }",
            "src/verify.rs:1: uses anyhow",
        ),
        ("src/cli/fetch.rs", "use std::net::TcpStream;", "src/cli/fetch.rs:1: opens sockets"),
    ];
    for (file, source, expected) in cases {
        let found = seen(file, source);
        assert!(found.iter().any(|f| f.starts_with(expected)), "{source:?} gave {found:?}");
    }
    let innocent = [
        (
            "src/audit/rates.rs",
            "//! See [`crate::model`].\n/// println!\nfn f() -> &'static str { \"crate::verify::x\" }",
        ),
        (
            "src/audit/rates.rs",
            "use super::interval::Interval; use crate::record::Reason; pub(crate) fn f() {}",
        ),
        (
            "src/detect/nms.rs",
            "use super::Detection; mod tests { use super::*; fn f() { println!(); } }",
        ),
        ("src/cli/verify.rs", "use anyhow::Context; fn f() { println!(); }"),
        ("src/model/onnx.rs", "use ort::session::Session;"),
        ("src/model/fetch.rs", "fn f(c: &mut Command) { c.stdout(Stdio::null()); }"),
    ];
    for (file, source) in innocent {
        assert_eq!(seen(file, source), Vec::<String>::new(), "{source}");
    }
}
