//! The crates of the workspace, their files, and which file uses which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::scan::{Edge, Scan};

/// One crate: what it is called, what it depends on, and its files.
pub struct Crate {
    pub name: String,
    /// Crates of this workspace that it depends on, tests aside.
    pub uses: Vec<String>,
    pub files: Vec<SourceFile>,
}

/// A file, by its place in the crate's tree of modules.
pub struct SourceFile {
    /// From the root of the workspace.
    pub path: String,
    pub module: Vec<String>,
    pub scan: Scan,
}

pub fn root() -> &'static Path {
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

/// `detect/nms.rs` → `detect`, `nms`; `detect/mod.rs` → `detect`; `lib.rs` → nothing.
pub fn module_path(relative: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        relative.with_extension("").iter().map(|p| p.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
        parts.pop();
    }
    parts
}

/// Every crate of the workspace.
pub fn crates() -> Vec<Crate> {
    let mut folders = vec![root().to_path_buf()];
    let mut beside: Vec<PathBuf> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .collect();
    beside.sort();
    folders.extend(beside);
    folders.iter().map(|folder| read(folder)).collect()
}

fn read(folder: &Path) -> Crate {
    let text = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let name = manifest["package"]["name"].as_str().unwrap().to_owned();
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let uses = dependencies
        .into_iter()
        .flat_map(toml::Table::keys)
        .filter(|dependency| dependency.starts_with("evenmatch"))
        .cloned()
        .collect();
    let source = folder.join("src");
    let mut paths = Vec::new();
    rust_files(&source, &mut paths);
    let files = paths
        .iter()
        .map(|path| {
            let module = module_path(path.strip_prefix(&source).unwrap());
            let scan = Scan::of(&std::fs::read_to_string(path).unwrap(), &module);
            let path = path.strip_prefix(root()).unwrap();
            SourceFile { path: path.to_string_lossy().replace('\\', "/"), module, scan }
        })
        .collect();
    Crate { name, uses, files }
}

type Module = Vec<String>;

/// Which files of one crate use which.
pub struct Graph<'a> {
    files: BTreeMap<&'a [String], &'a SourceFile>,
    /// By module: what it hands on, and where that comes from; `None` for another crate.
    exports: BTreeMap<&'a [String], Vec<(String, Option<Module>)>>,
}

impl<'a> Graph<'a> {
    pub fn of(files: &'a [SourceFile]) -> Self {
        let by_module: BTreeMap<&[String], &SourceFile> =
            files.iter().map(|file| (file.module.as_slice(), file)).collect();
        let mut graph = Graph { files: by_module, exports: BTreeMap::new() };
        for file in files {
            // `pub use child::X` is below the file's own module; another first word is a crate.
            let is_below = |edge: &Edge| {
                edge.path.get(..=file.module.len()).is_some_and(|p| graph.files.contains_key(p))
            };
            let absolute = file.scan.edges.iter().map(|edge| (edge, true));
            let relative = file.scan.relative.iter().map(|edge| (edge, is_below(edge)));
            let exports = absolute
                .chain(relative)
                .filter(|(edge, _)| edge.exported && !edge.in_tests)
                .map(|(edge, of_this_crate)| {
                    let name = edge.alias.clone().or_else(|| edge.path.last().cloned());
                    (name.unwrap_or_default(), of_this_crate.then(|| edge.path.clone()))
                })
                .collect();
            graph.exports.insert(&file.module, exports);
        }
        graph
    }

    /// The file that defines what a path names; `None` where another crate does.
    fn home(&self, path: &[String], depth: usize) -> Option<&'a SourceFile> {
        let mut at = 0;
        while at < path.len() && self.files.contains_key(&path[..=at]) {
            at += 1;
        }
        let here = *self.files.get(&path[..at])?;
        let Some(name) = path.get(at) else { return Some(here) };
        if depth == 0 || here.scan.defined.contains(name) {
            return Some(here);
        }
        let exports = &self.exports[here.module.as_slice()];
        if let Some((_, target)) = exports.iter().find(|(exported, _)| exported == name) {
            let target = target.as_ref()?;
            return self.home(&[target, &path[at + 1..]].concat(), depth - 1);
        }
        let globs = exports.iter().filter(|(exported, _)| exported == "*");
        for target in globs.filter_map(|(_, target)| target.as_ref()) {
            let found = self.home(&target[..target.len() - 1], depth - 1);
            if let Some(found) = found.filter(|file| file.scan.defined.contains(name)) {
                return Some(found);
            }
        }
        Some(here)
    }

    /// The files that a file uses, tests aside.
    fn used_by(&self, file: &'a SourceFile) -> BTreeSet<&'a str> {
        let scan = &file.scan;
        let named = scan.edges.iter().chain(&scan.relative);
        let named = named.filter(|e| !e.exported && !e.in_tests).map(|e| e.path.clone());
        let handed_on = self.exports[file.module.as_slice()].iter();
        let handed_on = handed_on
            .filter(|(name, _)| scan.idents.contains(name) && !scan.defined.contains(name))
            .filter_map(|(_, path)| path.clone());
        named
            .chain(handed_on)
            .filter_map(|path| self.home(&path, 8))
            .map(|home| home.path.as_str())
            .filter(|home| *home != file.path)
            .collect()
    }

    /// The sets of files that reach each other, those of one file aside.
    pub fn circles(&self) -> Vec<BTreeSet<&'a str>> {
        let uses: BTreeMap<&str, BTreeSet<&str>> =
            self.files.values().map(|file| (file.path.as_str(), self.used_by(file))).collect();
        let reached: BTreeMap<&str, BTreeSet<&str>> = uses
            .keys()
            .map(|start| {
                let mut seen = BTreeSet::new();
                let mut next = vec![*start];
                while let Some(file) = next.pop() {
                    next.extend(uses[file].iter().filter(|used| seen.insert(**used)));
                }
                (*start, seen)
            })
            .collect();
        let mut circles: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
        for (file, seen) in &reached {
            let circle: BTreeSet<&str> =
                seen.iter().copied().filter(|other| reached[other].contains(file)).collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }
}
