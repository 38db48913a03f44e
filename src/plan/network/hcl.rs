//! Writes Terraform's language in its canonical form, as `terraform fmt` leaves it.

use std::fmt::Write as _;

/// A value on the right of `=`.
#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Number(u64),
    Bool(bool),
    /// An expression, written as it is: `aws_vpc_peering_connection.factory.id`.
    Expression(String),
    List(Vec<Self>),
    /// Written over several lines, with the keys in the order given.
    Map(Vec<MapEntry>),
}

#[derive(Clone, Debug)]
pub struct MapEntry {
    pub key: String,
    pub value: Value,
}

impl Value {
    /// A text; what Terraform would expand in it is escaped.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn expression(text: impl Into<String>) -> Self {
        Self::Expression(text.into())
    }

    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    pub fn numbers(numbers: impl IntoIterator<Item = u64>) -> Self {
        Self::List(numbers.into_iter().map(Self::Number).collect())
    }

    /// The value as it is written on the right of `=`.
    #[must_use]
    pub fn written(&self) -> String {
        written(self, 0)
    }

    const fn is_of_several_lines(&self) -> bool {
        matches!(self, Self::Map(_))
    }
}

#[derive(Clone, Debug)]
enum Item {
    Attribute { name: String, value: Value },
    Block(Block),
    Comment(String),
    Gap,
}

/// A block: `resource "aws_route" "to_factory" { … }`.
#[derive(Clone, Debug)]
pub struct Block {
    kind: String,
    labels: Vec<String>,
    items: Vec<Item>,
}

impl Block {
    #[must_use]
    pub fn new(kind: &str, labels: &[&str]) -> Self {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Self { kind: kind.to_owned(), labels, items: Vec::new() }
    }

    #[must_use]
    pub fn attribute(mut self, name: &str, value: Value) -> Self {
        self.items.push(Item::Attribute { name: name.to_owned(), value });
        self
    }

    #[must_use]
    pub fn block(mut self, block: Self) -> Self {
        self.items.push(Item::Block(block));
        self
    }

    /// A comment of one line, above what follows.
    #[must_use]
    pub fn comment(mut self, text: &str) -> Self {
        self.items.push(Item::Comment(text.to_owned()));
        self
    }

    /// An empty line.
    #[must_use]
    pub fn gap(mut self) -> Self {
        self.items.push(Item::Gap);
        self
    }

    fn write(&self, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        let labels: String = self.labels.iter().map(|label| format!(" {}", quoted(label))).collect();
        let opening = format!("{indent}{}{labels} {{", self.kind);
        if self.items.is_empty() {
            out.push_str(&format!("{opening}}}\n"));
            return;
        }
        out.push_str(&opening);
        out.push('\n');
        self.write_items(depth + 1, out);
        out.push_str(&format!("{indent}}}\n"));
    }

    /// Attributes on lines that follow each other have their `=` in one column.
    fn write_items(&self, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        let mut at = 0;
        while let Some(item) = self.items.get(at) {
            match item {
                Item::Attribute { .. } => {
                    at += self.write_attributes(at, depth, out);
                    continue;
                }
                Item::Block(block) => {
                    separate(out);
                    block.write(depth, out);
                }
                Item::Comment(text) => out.push_str(&format!("{indent}# {text}\n")),
                Item::Gap => out.push('\n'),
            }
            at += 1;
        }
    }

    /// Writes the attributes that stand together from `at` on, and gives their number.
    fn write_attributes(&self, at: usize, depth: usize, out: &mut String) -> usize {
        let indent = "  ".repeat(depth);
        let run: Vec<(&String, &Value)> = self.items[at..]
            .iter()
            .map_while(|item| match item {
                Item::Attribute { name, value } if !value.is_of_several_lines() => Some((name, value)),
                Item::Attribute { .. } | Item::Block(_) | Item::Comment(_) | Item::Gap => None,
            })
            .collect();
        if let (true, Some(Item::Attribute { name, value })) = (run.is_empty(), self.items.get(at)) {
            separate(out);
            out.push_str(&format!("{indent}{name} = {}\n", written(value, depth)));
            return 1;
        }
        let width = run.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, value) in &run {
            out.push_str(&format!("{indent}{name:width$} = {}\n", written(value, depth)));
        }
        run.len()
    }
}

/// An empty line before what spans several lines, unless a block or a comment stands right above.
fn separate(out: &mut String) {
    let last = out.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default().trim_start();
    if !(last.is_empty() || last.ends_with('{') || last.starts_with('#') || out.ends_with("\n\n")) {
        out.push('\n');
    }
}

fn written(value: &Value, depth: usize) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(is_on) => is_on.to_string(),
        Value::Expression(text) => text.clone(),
        Value::List(values) => {
            format!("[{}]", values.iter().map(|value| written(value, depth)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Map(entries) => {
            let width = entries.iter().map(|entry| key(&entry.key).len()).max().unwrap_or_default();
            let indent = "  ".repeat(depth + 1);
            let mut text = "{\n".to_owned();
            for entry in entries {
                let value = written(&entry.value, depth + 1);
                // Writing to a text cannot fail.
                let _written = writeln!(text, "{indent}{:width$} = {value}", key(&entry.key));
            }
            text.push_str(&"  ".repeat(depth));
            text.push('}');
            text
        }
    }
}

fn key(text: &str) -> String {
    let is_name =
        text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !text.starts_with(|c: char| c.is_ascii_digit());
    if is_name && !text.is_empty() { text.to_owned() } else { quoted(text) }
}

/// A quoted text in which nothing is expanded.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if letters.peek() == Some(&'{') => {
                out.push(letter);
                out.push(letter);
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// The text of a file: a comment above, the blocks below, an empty line between them.
#[must_use]
pub fn document(comment: &str, blocks: &[Block]) -> String {
    let mut out: String = comment.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
    for block in blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        block.write(0, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_that_stand_together_are_aligned_and_nothing_is_expanded() {
        let block = Block::new("resource", &["aws_vpc_peering_connection", "factory"])
            .attribute("vpc_id", Value::text("vpc-0a"))
            .attribute("auto_accept", Value::Bool(false))
            .attribute("peer_region", Value::expression("var.region"))
            .attribute("tags", Value::Map(vec![MapEntry { key: "Name".into(), value: Value::text("a ${b} \"c\"") }]))
            .block(Block::new("timeouts", &[]).attribute("create", Value::text("1m")));
        insta::assert_snapshot!(document("Peering\n\nof two VPCs", &[block, Block::new("locals", &[])]), @r#"
        # Peering
        #
        # of two VPCs

        resource "aws_vpc_peering_connection" "factory" {
          vpc_id      = "vpc-0a"
          auto_accept = false
          peer_region = var.region

          tags = {
            Name = "a $${b} \"c\""
          }

          timeouts {
            create = "1m"
          }
        }

        locals {}
        "#);
    }
}
