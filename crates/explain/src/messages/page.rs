//! A document for people, before it is rendered as text or HTML.

use super::Messages;

/// Words with their language: a page in one language quotes others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// In the language of the page.
    Own(String),
    /// In English, whatever the language of the page.
    English(String),
    /// In an unknown language, such as the statements of an operator.
    Foreign(String),
    /// Not to be read aloud as words: an identifier, a digest, the name of a model.
    Code(String),
}

impl Text {
    /// The words alone.
    pub fn words(&self) -> &str {
        match self {
            Text::Own(words) | Text::English(words) | Text::Foreign(words) | Text::Code(words) => {
                words
            }
        }
    }
}

impl From<String> for Text {
    fn from(words: String) -> Text {
        Text::Own(words)
    }
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it says.
    pub text: Text,
    /// An identifier that is shown after the text.
    pub code: Option<String>,
    /// What to do about it.
    pub note: Option<Text>,
}

impl From<Text> for Item {
    fn from(text: Text) -> Item {
        Item { text, code: None, note: None }
    }
}

/// A name with one or more values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The values.
    pub values: Vec<Text>,
}

/// A row of a table; its first cell is the name of the row.
pub type Row = Vec<Text>;

/// A part of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Text),
    /// A paragraph with the most important statement of the page.
    Answer(Text),
    /// A list.
    List(Vec<Item>),
    /// Names with their values.
    Facts(Vec<Fact>),
    /// A table: what it shows, the names of its columns, its rows.
    Table {
        /// What it shows.
        caption: String,
        /// The names of its columns.
        columns: Vec<String>,
        /// Its rows, each as long as `columns`.
        rows: Vec<Row>,
    },
}

impl Block {
    /// A paragraph in the language of the page.
    pub(crate) fn say(words: String) -> Block {
        Block::Paragraph(Text::Own(words))
    }
}

/// A heading with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// The content below it.
    pub blocks: Vec<Block>,
}

/// A document in one language. Equal pages give equal bytes.
#[derive(Debug)]
pub struct Page<'a> {
    /// The messages of its language.
    pub messages: &'a Messages,
    /// The title.
    pub title: String,
    /// The content before the first heading.
    pub lead: Vec<Block>,
    /// Its sections.
    pub sections: Vec<Section>,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub(crate) fn new(messages: &'a Messages, title: String) -> Self {
        Page { messages, title, lead: Vec::new(), sections: Vec::new() }
    }

    /// Adds a section; one without blocks is left out.
    pub(crate) fn section(&mut self, heading: String, blocks: Vec<Block>) {
        if !blocks.is_empty() {
            self.sections.push(Section { heading, blocks });
        }
    }
}
