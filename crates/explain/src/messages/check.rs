//! Checks every language against English: nothing missing, nothing unknown, the same variables.
//!
//! `build.rs` compiles this file too, so that the build fails if a language has a gap. It therefore
//! uses nothing else from the crate.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Pattern, PatternElement, Resource, Term,
};

/// The values that `-review-status` may have.
const REVIEW_STATUS: [&str; 2] = ["unreviewed", "reviewed"];

/// One text in a file: a message or one of its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entity {
    /// The line it starts on, counted from 1.
    pub(crate) line: usize,
    /// The variables that it shows or selects on, without `$`.
    pub(crate) variables: BTreeSet<String>,
}

/// The messages in a file, named `id` or `id.attribute`.
pub(crate) type Entities = BTreeMap<String, Entity>;

/// The value of a term such as `-review-status`, if it is plain text.
pub(crate) fn plain_term<'a>(resource: &Resource<&'a str>, name: &str) -> Option<&'a str> {
    resource.body.iter().find_map(|entry| match entry {
        Entry::Term(Term { id, value, .. }) if id.name == name => match value.elements.as_slice() {
            [PatternElement::TextElement { value }] => Some(value.trim()),
            _ => None,
        },
        _ => None,
    })
}

/// Reads the messages in a file.
///
/// # Errors
/// Everything that is wrong within the file, as `file:line: what`.
pub(crate) fn read(file: &str, text: &str) -> Result<Entities, Vec<String>> {
    let line_of = |offset: usize| 1 + text[..offset].matches('\n').count();
    let (resource, mut problems) = match fluent_syntax::parser::parse(text) {
        Ok(resource) => (resource, Vec::new()),
        Err((resource, errors)) => {
            let say = |error: &fluent_syntax::parser::ParserError| {
                format!("{file}:{}: does not parse: {}", line_of(error.pos.start), error.kind)
            };
            (resource, errors.iter().map(say).collect())
        }
    };
    match plain_term(&resource, "review-status") {
        Some(status) if REVIEW_STATUS.contains(&status) => {}
        _ => problems
            .push(format!("{file}:1: -review-status is not one of {}", REVIEW_STATUS.join(", "))),
    }
    let mut entities = Entities::new();
    let mut add = |name: String, at: &str, pattern: &Pattern<&str>, problems: &mut Vec<String>| {
        // The parser returns slices of the text, so a slice's offset gives its position.
        let line = line_of((at.as_ptr() as usize).saturating_sub(text.as_ptr() as usize));
        let mut variables = BTreeSet::new();
        let mut foreign = Vec::new();
        walk(pattern, &mut variables, &mut foreign);
        let wrong = |what: &str| format!("{file}:{line}: {name}: {what}");
        problems.extend(foreign.iter().map(|what| wrong(what)));
        if pattern.elements.is_empty() {
            problems.push(wrong("is empty"));
        }
        if entities.insert(name.clone(), Entity { line, variables }).is_some() {
            problems.push(wrong("occurs twice"));
        }
    };
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let id = message.id.name;
        match &message.value {
            Some(value) => add(id.to_owned(), id, value, &mut problems),
            None => problems.push(format!("{file}: {id}: has no text")),
        }
        for attribute in &message.attributes {
            let at = attribute.id.name;
            add(format!("{id}.{at}"), at, &attribute.value, &mut problems);
        }
    }
    if problems.is_empty() { Ok(entities) } else { Err(problems) }
}

/// Collects the variables of a pattern, and everything that these files may not use: references to
/// messages, terms and functions, whose own variables this check could not follow.
fn walk(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>, foreign: &mut Vec<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => inline_part(inline, variables, foreign),
            Expression::Select { selector, variants } => {
                inline_part(selector, variables, foreign);
                for variant in variants {
                    walk(&variant.value, variables, foreign);
                }
            }
        }
    }
}

fn inline_part(
    inline: &InlineExpression<&str>,
    variables: &mut BTreeSet<String>,
    foreign: &mut Vec<String>,
) {
    match inline {
        InlineExpression::VariableReference { id } => {
            variables.insert(id.name.to_owned());
        }
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        InlineExpression::MessageReference { id, .. }
        | InlineExpression::TermReference { id, .. }
        | InlineExpression::FunctionReference { id, .. } => {
            foreign.push(format!("refers to `{}`; only variables are allowed", id.name));
        }
        InlineExpression::Placeable { .. } => foreign.push("nests placeables".to_owned()),
    }
}

/// Lists every difference between a language and the reference, as `file:line: id: what`.
pub(crate) fn compare(reference: &Entities, file: &str, other: &Entities) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, wanted) in reference {
        let Some(found) = other.get(name) else {
            problems.push(format!("{file}: {name}: is missing"));
            continue;
        };
        for lost in wanted.variables.difference(&found.variables) {
            problems.push(format!("{file}:{}: {name}: lacks the variable ${lost}", found.line));
        }
        for strange in found.variables.difference(&wanted.variables) {
            problems.push(format!("{file}:{}: {name}: has an unknown ${strange}", found.line));
        }
    }
    for (name, found) in other.iter().filter(|(name, _)| !reference.contains_key(*name)) {
        problems.push(format!("{file}:{}: {name}: is unknown in English", found.line));
    }
    problems
}

/// Reads all files, the reference first, and compares the others with it.
///
/// # Errors
/// Every problem found.
pub(crate) fn check(files: &[(String, String)]) -> Result<Entities, Vec<String>> {
    let mut problems = Vec::new();
    let mut reference = None;
    for (file, text) in files {
        match (read(file, text), &reference) {
            (Err(found), _) => problems.extend(found),
            (Ok(entities), None) => reference = Some(entities),
            (Ok(entities), Some(english)) => problems.extend(compare(english, file, &entities)),
        }
    }
    match reference {
        Some(reference) if problems.is_empty() => Ok(reference),
        _ => Err(problems),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "-review-status = unreviewed\nhello = Hello { $name }\n    .advice = wave\n\
                           days = { $n ->\n    [one] a day\n   *[other] { $n } days\n}\n";

    fn problems(other: &str) -> String {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        match check(&[file("en.ftl", ENGLISH), file("xx.ftl", other)]) {
            Ok(_) => String::new(),
            Err(problems) => problems.join("\n"),
        }
    }

    #[test]
    fn a_language_that_says_the_same_passes() {
        let good = ENGLISH.replace("Hello { $name }", "{ $name }, bonjou");
        assert_eq!(problems(&good), "");
    }

    #[test]
    fn every_gap_is_named_with_its_place() {
        for (from, to, expected) in [
            ("hello = Hello { $name }\n    .advice = wave\n", "", "xx.ftl: hello: is missing"),
            ("    .advice = wave\n", "", "xx.ftl: hello.advice: is missing"),
            ("{ $name }", "", "xx.ftl:2: hello: lacks the variable $name"),
            ("{ $name }", "{ $name } { $x }", "xx.ftl:2: hello: has an unknown $x"),
            (" { $n } days", " days", "ok"),
            ("days =", "dayz =", "xx.ftl:4: dayz: is unknown in English"),
            ("{ $name }", "{ $name", "xx.ftl:3: does not parse"),
            ("wave", "{ -review-status }", "xx.ftl:3: hello.advice: refers to `review-status`"),
            ("unreviewed", "perfect", "-review-status is not one of"),
            ("days =", "hello = again\ndays =", "xx.ftl:4: hello: occurs twice"),
        ] {
            let found = problems(&ENGLISH.replace(from, to));
            // Selecting on a variable uses it too.
            let good = if expected == "ok" { found.is_empty() } else { found.contains(expected) };
            assert!(good, "{expected}: {found}");
        }
    }
}
