//! What the tokens of a source file name. Tokens, not text, so that comments and strings do not
//! count and layout does not matter.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path from the crate's root, such as `crate::model::Network`.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    pub line: usize,
    pub path: Vec<String>,
    /// Another name that the last part is given.
    pub alias: Option<String>,
    /// Whether it only hands the item on (`pub use`).
    pub exported: bool,
    /// Whether it is in a `mod tests`.
    pub in_tests: bool,
}

/// Something that is allowed in some files only.
#[derive(Debug, PartialEq)]
pub struct Mention {
    pub line: usize,
    pub what: &'static str,
}

/// What one file names.
#[derive(Default)]
pub struct Scan {
    /// Paths that begin with `crate` or `super`.
    pub edges: Vec<Edge>,
    /// Paths that begin with anything else, as if below the file's own module.
    pub relative: Vec<Edge>,
    pub mentions: Vec<Mention>,
    /// Items that the file defines.
    pub defined: BTreeSet<String>,
    /// Every identifier outside re-exports and tests.
    pub idents: BTreeSet<String>,
}

/// Where in a file the walk is.
#[derive(Clone)]
struct Place {
    module: Vec<String>,
    exported: bool,
    in_tests: bool,
}

const ITEMS: [&str; 8] = ["struct", "enum", "fn", "const", "type", "trait", "static", "union"];

impl Scan {
    pub fn of(source: &str, module: &[String]) -> Scan {
        let tokens: TokenStream = source.parse().expect("the sources are Rust");
        let mut scan = Scan::default();
        let place = Place { module: module.to_vec(), exported: false, in_tests: false };
        scan.walk(tokens, &place);
        scan
    }

    fn walk(&mut self, tokens: TokenStream, place: &Place) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let ident = |i: usize| match tokens.get(i) {
            Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
            _ => None,
        };
        let punct = |i: usize, c: char| matches!(tokens.get(i), Some(TokenTree::Punct(p)) if p.as_char() == c);
        let colons = |i: usize| punct(i, ':') && punct(i + 1, ':');
        let mut place = place.clone();
        for (i, token) in tokens.iter().enumerate() {
            if let TokenTree::Group(group) = token {
                let mut inner = place.clone();
                // `mod name { … }` is a module of its own, seen from which `super` is this one.
                if group.delimiter() == Delimiter::Brace
                    && i >= 2
                    && ident(i - 2).as_deref() == Some("mod")
                {
                    let name = ident(i - 1).unwrap_or_default();
                    inner.in_tests |= name == "tests";
                    inner.module.push(name);
                }
                self.walk(group.stream(), &inner);
                continue;
            }
            if punct(i, ';') {
                place.exported = false;
            }
            let Some(word) = ident(i) else { continue };
            let line = token.span().start().line;
            let in_path = i >= 2 && colons(i - 2);
            let after = |name: &str| i >= 3 && in_path && ident(i - 3).as_deref() == Some(name);
            if word == "use" && i > 0 {
                let group = matches!(tokens.get(i - 1), Some(TokenTree::Group(_)));
                let before = if group && i > 1 { i - 2 } else { i - 1 };
                place.exported = ident(before).as_deref() == Some("pub");
            }
            if ITEMS.contains(&word.as_str()) && !place.in_tests {
                self.defined.extend(ident(i + 1));
            }
            if !place.exported && !place.in_tests {
                self.idents.insert(word.clone());
            }
            self.mention(&word, line, &place, in_path, &after, [punct(i + 1, '!'), colons(i + 1)]);
            let whole = |base: &[String], next: usize| (base.to_vec(), next);
            let start = match word.as_str() {
                "crate" if colons(i + 1) => Some((true, whole(&[], i + 3))),
                "self" if colons(i + 1) && !in_path => Some((true, whole(&place.module, i + 3))),
                "super" if colons(i + 1) && !in_path => {
                    let mut base = place.module.clone();
                    let mut next = i;
                    while ident(next).as_deref() == Some("super") && colons(next + 1) {
                        base.pop();
                        next += 3;
                    }
                    Some((true, (base, next)))
                }
                _ if colons(i + 1) && !in_path => Some((false, whole(&place.module, i))),
                _ => None,
            };
            if let Some((absolute, (base, next))) = start {
                let mut found = Vec::new();
                tree(&tokens[next..], &base, line, &place, &mut found);
                if absolute { self.edges.extend(found) } else { self.relative.extend(found) }
            }
        }
    }

    fn mention(
        &mut self,
        word: &str,
        line: usize,
        place: &Place,
        in_path: bool,
        after: &dyn Fn(&str) -> bool,
        [bang, colons]: [bool; 2],
    ) {
        let what = match word {
            "print" | "println" | "eprint" | "eprintln" | "dbg" if bang && !place.in_tests => {
                "prints"
            }
            "stdout" | "stderr" if after("io") => "prints",
            "net" if after("std") => "opens sockets",
            "TcpStream" | "TcpListener" | "UdpSocket" | "UnixStream" => "opens sockets",
            "ort" if !in_path && colons => "names the runtime",
            "anyhow" if !in_path && (colons || bang) => "uses anyhow",
            _ => return,
        };
        self.mentions.push(Mention { line, what });
    }
}

/// Finds the path or the tree of paths at the start of `tokens`, below `base`.
fn tree(tokens: &[TokenTree], base: &[String], line: usize, place: &Place, found: &mut Vec<Edge>) {
    let mut path = base.to_vec();
    let mut rest = tokens;
    let mut alias = None;
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
                    tree(branch, &path, line, place, found);
                }
                return;
            }
            [TokenTree::Ident(name), tail @ ..] => {
                if name != "self" {
                    path.push(name.to_string());
                }
                if let [TokenTree::Ident(word), TokenTree::Ident(other), ..] = tail
                    && word == "as"
                {
                    alias = Some(other.to_string());
                }
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
        let Place { exported, in_tests, .. } = *place;
        found.push(Edge { line, path, alias, exported, in_tests });
    }
}
