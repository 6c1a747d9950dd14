//! The operations of a pickle, one after the other -> the list of its values.

use std::collections::HashMap;

use super::Value;

/// The stack machine that a pickle is written for.
pub struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value<'a>>,
    /// Numbers of values.
    stack: Vec<usize>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u64, usize>,
}

impl<'a> Machine<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, values: vec![], stack: vec![], marks: vec![], memo: HashMap::new() }
    }

    /// The place of the next operation.
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn into_values(self) -> Vec<Value<'a>> {
        self.values
    }

    /// Runs one operation; the last one gives the pickle's value.
    pub fn step(&mut self) -> Result<Option<usize>, String> {
        match self.take(1)?[0] {
            0x80 => self.take(1).map(|_| ())?,
            0x95 => self.expect_frame()?,
            b'.' => return self.pop().map(Some),
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.push(Value::Nothing),
            b'G' => {
                self.take(8)?;
                self.push(Value::Nothing);
            }
            flag @ (0x88 | 0x89) => self.push(Value::Bool(flag == 0x88)),
            width @ (b'K' | b'M' | b'J' | 0x8a) => self.push_number(width)?,
            width @ (b'U' | b'T' | b'C' | b'B' | 0x8e | 0x96) => {
                let bytes = self.take_long(width)?;
                self.push(Value::Bytes(bytes));
            }
            width @ (b'X' | 0x8c | 0x8d) => {
                let text = std::str::from_utf8(self.take_long(width)?).map_err(|_| "a text is not UTF-8")?;
                self.push(Value::Text(text));
            }
            b']' => self.push(Value::List(vec![])),
            b'}' => self.push(Value::Dict(vec![])),
            b')' => self.push(Value::Tuple(vec![])),
            count @ 0x85..=0x87 => self.push_tuple(usize::from(count - 0x84))?,
            b't' => {
                let items = self.pop_marked()?;
                self.push(Value::Tuple(items));
            }
            code @ (b'q' | b'r' | 0x94 | b'h' | b'j') => self.remember(code)?,
            code => self.build(code)?,
        }
        Ok(None)
    }

    /// Operations that put values together.
    fn build(&mut self, code: u8) -> Result<(), String> {
        match code {
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])
            }
            b'e' => {
                let items = self.pop_marked()?;
                self.append(items)
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(vec![key, value])
            }
            b'u' => {
                let items = self.pop_marked()?;
                self.set(items)
            }
            b'c' => {
                let (module, name) = (self.take_line()?, self.take_line()?);
                self.push(Value::Global(module, name));
                Ok(())
            }
            0x93 => {
                let (name, module) = (self.pop_text()?, self.pop_text()?);
                self.push(Value::Global(module, name));
                Ok(())
            }
            b'R' => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.push(Value::Object { function, arguments, state: None });
                Ok(())
            }
            b'b' => self.set_state(),
            code => Err(format!("{code:#04x} is no operation of a pickle that holds images")),
        }
    }

    /// A frame's length, which says only how much is there.
    fn expect_frame(&mut self) -> Result<(), String> {
        let length = self.take_length(8)?;
        let start = self.at;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        self.at = start;
        Ok(())
    }

    fn push_number(&mut self, width: u8) -> Result<(), String> {
        let count = match width {
            b'K' => 1,
            b'M' => 2,
            b'J' => 4,
            _ => usize::from(self.take(1)?[0]),
        };
        let bytes = self.take(count)?;
        if bytes.len() > 8 {
            return Err("a number has more than 64 bits".into());
        }
        let negative = matches!(width, b'J' | 0x8a) && bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut number = [if negative { 0xff } else { 0 }; 8];
        number[..bytes.len()].copy_from_slice(bytes);
        self.push(Value::Int(i64::from_le_bytes(number)));
        Ok(())
    }

    fn push_tuple(&mut self, count: usize) -> Result<(), String> {
        let start = self.stack.len().checked_sub(count).ok_or("a tuple has too few items")?;
        let items = self.stack.split_off(start);
        self.push(Value::Tuple(items));
        Ok(())
    }

    fn remember(&mut self, code: u8) -> Result<(), String> {
        let key = match code {
            b'q' | b'h' => self.take_length(1)?,
            b'r' | b'j' => self.take_length(4)?,
            _ => self.memo.len() as u64,
        };
        if matches!(code, b'h' | b'j') {
            let value = *self.memo.get(&key).ok_or_else(|| format!("value {key} was never remembered"))?;
            self.stack.push(value);
        } else {
            let top = *self.stack.last().ok_or("there is no value to remember")?;
            self.memo.insert(key, top);
        }
        Ok(())
    }

    fn append(&mut self, items: Vec<usize>) -> Result<(), String> {
        let top = *self.stack.last().ok_or("there is no list")?;
        match &mut self.values[top] {
            Value::List(list) => list.extend(items),
            _ => return Err("items are added to what is no list".into()),
        }
        Ok(())
    }

    fn set(&mut self, items: Vec<usize>) -> Result<(), String> {
        let top = *self.stack.last().ok_or("there is no dictionary")?;
        match &mut self.values[top] {
            Value::Dict(entries) if items.len().is_multiple_of(2) => {
                entries.extend(items.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
            }
            _ => return Err("entries are added to what is no dictionary".into()),
        }
        Ok(())
    }

    fn set_state(&mut self) -> Result<(), String> {
        let given = self.pop()?;
        let top = *self.stack.last().ok_or("there is no object")?;
        match &mut self.values[top] {
            Value::Object { state, .. } => *state = Some(given),
            _ => return Err("a state is given to what is no object".into()),
        }
        Ok(())
    }

    fn push(&mut self, value: Value<'a>) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    /// What lies above the last mark stays there.
    fn pop(&mut self) -> Result<usize, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let item = if self.stack.len() > floor { self.stack.pop() } else { None };
        item.ok_or_else(|| "a value is missing".into())
    }

    fn pop_marked(&mut self) -> Result<Vec<usize>, String> {
        let mark = self.marks.pop().ok_or("a mark is missing")?;
        match mark <= self.stack.len() {
            true => Ok(self.stack.split_off(mark)),
            false => Err("a mark is missing".into()),
        }
    }

    fn pop_text(&mut self) -> Result<String, String> {
        let top = self.pop()?;
        match &self.values[top] {
            Value::Text(text) => Ok((*text).to_string()),
            _ => Err("a name is no text".into()),
        }
    }

    /// Bytes after their length, whose width the operation says.
    fn take_long(&mut self, code: u8) -> Result<&'a [u8], String> {
        let width = match code {
            b'U' | b'C' | 0x8c => 1,
            b'T' | b'B' | b'X' => 4,
            _ => 8,
        };
        let length = self.take_length(width)?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn take_length(&mut self, width: usize) -> Result<u64, String> {
        let mut length = [0; 8];
        length[..width].copy_from_slice(self.take(width)?);
        Ok(u64::from_le_bytes(length))
    }

    fn take_line(&mut self) -> Result<String, String> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|&byte| byte == b'\n').ok_or("a name does not end")?;
        self.at += end + 1;
        String::from_utf8(rest[..end].to_vec()).map_err(|_| "a name is not UTF-8".into())
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let rest = &self.bytes[self.at..];
        match rest.get(..count) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => Err(format!("{count} bytes are promised, but the file ends after {}", rest.len())),
        }
    }
}
