//! Compares the crates, their modules and their files with ARCHITECTURE.md.

mod crates;
mod scan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crates::{Crate, Graph, SourceFile, crates, module_path, root};
use scan::{Mention, Scan};

type Names = BTreeMap<String, String>;
type Rows = Vec<(String, Vec<String>)>;

/// The rows of the table below a heading, top to bottom: the first name, and those of the last
/// cell.
fn table(heading: &str) -> Rows {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let names = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let of_section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    of_section
        .lines()
        .skip_while(|line| !line.ends_with("| May use |"))
        .take_while(|line| line.starts_with('|'))
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            assert_eq!(cells.len(), 3, "a row of the table has three cells: {line}");
            (names(cells[0]).remove(0), names(cells[2]))
        })
        .collect()
}

fn modules() -> Rows {
    table("The pipeline's modules")
}

/// Which module each public name of the root package's root comes from, by the `pub use` lists of
/// lib.rs. A name of another crate comes from that crate.
fn root_names(of: &Crate) -> Names {
    let library = of.files.iter().find(|file| file.path == "src/lib.rs").unwrap();
    let exported = library.scan.relative.iter().filter(|edge| edge.exported);
    exported.map(|edge| (edge.path.last().unwrap().clone(), edge.path[0].clone())).collect()
}

/// Every mention that is not allowed in a file, as `file:line: what`.
fn forbidden(file: &str, scan: &Scan) -> Vec<String> {
    let said = |Mention { line, what }: &Mention| {
        let allowed = match *what {
            "prints" | "uses anyhow" => file.starts_with("crates/cli/"),
            // The service listens, in one file, on the address that another one reads. Nothing else
            // opens a connection.
            "opens sockets" => {
                matches!(file, "crates/serve/src/lib.rs" | "crates/cli/src/serve.rs")
            }
            // The skips of tests are printed.
            "names the runtime" => file == "src/model/onnx.rs",
            _ => false,
        };
        let of_tests = file.starts_with("crates/test") && *what == "prints";
        let stated = format!("{file}:{line}: {what}, which is not allowed here");
        (!allowed && !of_tests).then_some(stated)
    };
    scan.mentions.iter().filter_map(said).collect()
}

/// Every path of one file of the pipeline that its row does not allow, as `file:line: what`.
fn breaches(file: &str, scan: &Scan, table: &Rows, names: &Names) -> Vec<String> {
    let module = module_path(Path::new(file.trim_start_matches("src/")));
    // lib.rs names every module: that is what it is for.
    let Some(top) = module.first() else { return Vec::new() };
    let Some((_, allowed)) = table.iter().find(|(name, _)| name == top) else {
        return vec![format!("{file}:1: the module `{top}` has no row in ARCHITECTURE.md")];
    };
    let mut found = Vec::new();
    for edge in &scan.edges {
        let first = &edge.path[0];
        let module = table.iter().any(|(module, _)| module == first);
        let target = if module { Some(first) } else { names.get(first) };
        let path = edge.path.join("::");
        match target {
            Some(t) if t == top || t.starts_with("evenmatch_") || allowed.contains(t) => {}
            Some(t) => found
                .push(format!("{file}:{}: `{top}` may not use `{t}` (here: {path})", edge.line)),
            None => found.push(format!(
                "{file}:{}: `{path}` is neither a module of the table nor in lib.rs",
                edge.line
            )),
        }
    }
    found
}

#[test]
fn crates_use_only_what_their_rows_allow() {
    let (table, crates) = (table("Crates"), crates());
    assert!(crates.len() > 8, "the crates are in crates/");
    let named: Vec<&String> = table.iter().map(|(name, _)| name).collect();
    for of in &crates {
        let row = table.iter().find(|(name, _)| *name == of.name);
        let (_, allowed) = row.unwrap_or_else(|| panic!("`{}` has no row", of.name));
        for used in &of.uses {
            assert!(allowed.contains(used), "`{}` may not use `{used}`", of.name);
        }
    }
    assert_eq!(named.len(), crates.len(), "a row is of a crate: {named:?}");
}

#[test]
fn every_path_of_the_pipeline_keeps_to_its_row() {
    let (table, crates) = (modules(), crates());
    let names = root_names(&crates[0]);
    assert!(crates[0].files.len() > 10, "the sources are in src/");
    let found: Vec<String> = crates[0]
        .files
        .iter()
        .flat_map(|file| breaches(&file.path, &file.scan, &table, &names))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    for (module, _) in table {
        let is_there = crates[0].files.iter().any(|file| file.module == [module.clone()]);
        assert!(is_there, "the table has a row for `{module}`, which is not in src/");
    }
}

#[test]
fn only_the_command_prints_and_only_the_service_listens() {
    let found: Vec<String> = crates()
        .iter()
        .flat_map(|of| &of.files)
        .flat_map(|file| forbidden(&file.path, &file.scan))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn arrows_point_downward() {
    for table in [table("Crates"), modules()] {
        for (i, (name, uses)) in table.iter().enumerate() {
            for used in uses {
                assert!(
                    table[..i].iter().any(|(above, _)| above == used),
                    "`{name}` names `{used}`, which has no row above it"
                );
            }
        }
    }
}

/// The pairs that ARCHITECTURE.md names.
fn pairs() -> BTreeSet<BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with("Files")).unwrap();
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('`').skip(1).step_by(2).take(2).map(str::to_owned).collect())
        .collect()
}

#[test]
fn files_use_each_other_in_no_circle_but_named_pairs() {
    let named = pairs();
    let mut found = BTreeSet::new();
    for of in crates() {
        for circle in Graph::of(&of.files).circles() {
            found.insert(circle.into_iter().map(str::to_owned).collect::<BTreeSet<String>>());
        }
    }
    assert_eq!(found, named, "circles between files, and the pairs of ARCHITECTURE.md");
    assert!(named.iter().all(|pair| pair.len() == 2), "only pairs are allowed: {named:?}");
}

fn file(path: &str, source: &str) -> SourceFile {
    let module = module_path(Path::new(path));
    let scan = Scan::of(source, &module);
    SourceFile { path: path.to_owned(), module, scan }
}

/// The search for circles itself: through re-exports, parents, globs and bare names, and not
/// through tests, re-exports alone or other crates.
#[test]
fn circles_are_seen_and_innocent_files_are_not() {
    let circles = |files: &[SourceFile]| -> Vec<Vec<String>> {
        let of = |circle: BTreeSet<&str>| circle.into_iter().map(str::to_owned).collect();
        Graph::of(files).circles().into_iter().map(of).collect()
    };
    let through_a_re_export = [
        file("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
        file("a.rs", "use crate::B; pub struct A(B);"),
        file("b.rs", "pub struct B; fn f(_: &crate::A) {}"),
    ];
    assert_eq!(circles(&through_a_re_export), [["a.rs", "b.rs"]]);
    let through_a_parent = [
        file("m/mod.rs", "mod c; pub use c::C; pub struct P; fn f(_: C) {}"),
        file("m/c.rs", "use super::P; pub struct C(P);"),
    ];
    assert_eq!(circles(&through_a_parent), [["m/c.rs", "m/mod.rs"]]);
    let through_a_glob = [
        file("lib.rs", "mod a; mod b; pub use a::*;"),
        file("a.rs", "pub struct A(crate::b::B);"),
        file("b.rs", "pub struct B; fn f(_: crate::A) {}"),
    ];
    assert_eq!(circles(&through_a_glob), [["a.rs", "b.rs"]]);
    let innocent = [
        file("lib.rs", "mod a; mod b; pub use a::A; pub use other::Error;"),
        file("a.rs", "pub struct A(crate::Error); mod tests { use crate::b::B; }"),
        file("b.rs", "use crate::A; pub struct B(A, crate::Error); /* crate::b */"),
        file("m/mod.rs", "mod c; pub use c::C;"),
        file("m/c.rs", "pub struct C; fn f(_: super::C) { other::a::A; Vec::new(); }"),
    ];
    assert_eq!(circles(&innocent), Vec::<Vec<String>>::new());
}

/// The checks of paths and mentions themselves: each breach is seen, with its line, and what only
/// looks like one is not.
#[test]
fn breaches_are_seen_and_innocent_text_is_not() {
    let (table, names) = (modules(), root_names(&crates()[0]));
    let seen = |file: &str, source: &str| {
        let scan = Scan::of(source, &module_path(Path::new(file.trim_start_matches("src/"))));
        [breaches(file, &scan, &table, &names), forbidden(file, &scan)].concat()
    };
    let cases = [
        (
            "src/sample/png.rs",
            "\nuse crate::model::Network;",
            "src/sample/png.rs:2: `sample` may not use `model`",
        ),
        (
            "src/sample/png.rs",
            "use crate::{\n    Result,\n    Verifier,\n};",
            "src/sample/png.rs:3: `sample` may not use `verify`",
        ),
        (
            "src/quality/pose.rs",
            "use super::super::verify::Source;",
            "src/quality/pose.rs:1: `quality` may not use `verify`",
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
        ("src/mystery.rs", "fn f() {}", "src/mystery.rs:1: the module `mystery` has no row"),
        ("src/decide/mod.rs", "use crate::Unheard;", "src/decide/mod.rs:1: `Unheard` is neither"),
        ("src/verify.rs", "\n\nfn f() { println!(); }", "src/verify.rs:3: prints"),
        ("src/verify.rs", "fn f() { std::io::stderr(); }", "src/verify.rs:1: prints"),
        ("src/verify.rs", "use ort::session::Session;", "src/verify.rs:1: names the runtime"),
        (
            "src/verify.rs",
            "fn f() -> anyhow::Result<()> { Ok(()) }",
            "src/verify.rs:1: uses anyhow",
        ),
        ("src/verify.rs", "use std::net::TcpStream;", "src/verify.rs:1: opens sockets"),
    ];
    for (file, source, expected) in cases {
        let found = seen(file, source);
        assert!(found.iter().any(|f| f.starts_with(expected)), "{source:?} gave {found:?}");
    }
    let innocent = [
        (
            "src/sample/png.rs",
            "//! See [`crate::model`].\n/// println!\nfn f() -> &'static str { \"crate::verify::x\" }",
        ),
        (
            "src/quality/pose.rs",
            "use super::mapping::Measure; use crate::record::Reason; pub(crate) fn f() {}",
        ),
        (
            "src/detect/nms.rs",
            "use super::Detection; mod tests { use super::*; fn f() { println!(); } }",
        ),
        ("src/model/onnx.rs", "use ort::session::Session;"),
        ("src/model/store.rs", "fn f(c: &mut Command) { c.stdout(Stdio::null()); }"),
    ];
    for (file, source) in innocent {
        assert_eq!(seen(file, source), Vec::<String>::new(), "{source}");
    }
}

#[test]
fn the_crates_have_one_version() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let workspace: toml::Table = text.parse().unwrap();
    let version = workspace["workspace"]["package"]["version"].as_str().unwrap();
    assert_eq!(version, evenmatch_core::VERSION);
    let dependencies = workspace["workspace"]["dependencies"].as_table().unwrap();
    for (name, dependency) in dependencies.iter().filter(|(name, _)| name.starts_with("evenmatch"))
    {
        if let Some(stated) = dependency.get("version") {
            assert_eq!(stated.as_str(), Some(version), "{name}");
        }
    }
}
