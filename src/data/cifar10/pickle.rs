//! A Python pickle -> plain values. Nothing in it is called: what would be an object stays a name with its arguments.
//!
//! Values stand in one list and refer to each other by number, so no pickle can nest deeper, or grow larger by its memo,
//! than its own length.

use std::collections::HashMap;

/// More operations than any batch needs; its 10,000 names and labels take 60,000.
const OPERATIONS: usize = 1 << 20;

/// What is wrong, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: usize,
    pub what: String,
}

#[derive(Debug, PartialEq)]
pub enum Value<'a> {
    /// None, and whatever is not needed.
    Nothing,
    Bool(bool),
    Int(i64),
    /// Bytes, and the strings of Python 2.
    Bytes(&'a [u8]),
    Text(&'a str),
    List(Vec<usize>),
    Tuple(Vec<usize>),
    Dict(Vec<[usize; 2]>),
    /// A class or function, by module and name.
    Global(String, String),
    Object {
        function: usize,
        arguments: usize,
        state: Option<usize>,
    },
}

/// A pickle's values.
#[derive(Debug)]
pub struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: usize,
}

impl<'a> Pickle<'a> {
    /// # Errors
    /// A fault where the bytes are no whole pickle, or one of a kind that NumPy's arrays do not need.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut machine = Machine { bytes, at: 0, values: vec![], stack: vec![], marks: vec![], memo: HashMap::new() };
        for _ in 0..OPERATIONS {
            let start = machine.at;
            match machine.step().map_err(|what| Fault { at: start, what })? {
                Some(root) => return Ok(Self { values: machine.values, root }),
                None => continue,
            }
        }
        Err(Fault { at: machine.at, what: format!("the pickle has more than {OPERATIONS} operations") })
    }

    pub fn root(&self) -> &Value<'a> {
        &self.values[self.root]
    }

    pub fn value(&self, number: usize) -> &Value<'a> {
        &self.values[number]
    }

    /// The value of a key; the last one, where there are several.
    pub fn entry(&self, dictionary: &Value<'a>, key: &str) -> Option<&Value<'a>> {
        let Value::Dict(entries) = dictionary else { return None };
        let entry = entries.iter().rev().find(|[name, _]| self.text(*name).as_deref() == Some(key));
        entry.map(|[_, value]| self.value(*value))
    }

    pub fn text(&self, number: usize) -> Option<String> {
        match self.value(number) {
            Value::Text(text) => Some((*text).to_string()),
            Value::Bytes(bytes) => String::from_utf8(bytes.to_vec()).ok(),
            _ => None,
        }
    }

    /// A function's name without its module, which NumPy has moved over time.
    pub fn function(&self, number: usize) -> Option<String> {
        match self.value(number) {
            Value::Global(_, name) => Some(name.clone()),
            _ => None,
        }
    }
}

/// The stack machine that a pickle is written for.
struct Machine<'a> {
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
    /// Runs one operation; the last one gives the pickle's value.
    fn step(&mut self) -> Result<Option<usize>, String> {
        match self.take(1)?[0] {
            0x80 => self.take(1).map(|_| ())?,
            0x95 => self.take(8).map(|_| ())?,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(bytes: &[u8]) -> (usize, String) {
        let Fault { at, what } = Pickle::parse(bytes).expect_err("a fault");
        (at, what)
    }

    #[test]
    fn values_are_read_and_remembered() {
        let pickle = Pickle::parse(b"\x80\x02}q\x00(U\x01aK\x05X\x01\x00\x00\x00b](J\xff\xff\xff\xffh\x00eu.").unwrap();
        assert_eq!(pickle.entry(pickle.root(), "a"), Some(&Value::Int(5)));
        let Some(Value::List(items)) = pickle.entry(pickle.root(), "b") else { panic!("no list") };
        assert_eq!((pickle.value(items[0]), pickle.value(items[1])), (&Value::Int(-1), pickle.root()));
    }

    #[test]
    fn nothing_is_called() {
        let pickle = Pickle::parse(b"cos\nsystem\n(U\x04exitt\x52.").unwrap();
        let Value::Object { function, .. } = pickle.root() else { panic!("no object") };
        assert_eq!(pickle.value(*function), &Value::Global("os".into(), "system".into()));
    }

    #[test]
    fn what_is_no_pickle_is_a_fault_with_its_place() {
        let check = |bytes: &[u8], at, what: &str| assert_eq!(fault(bytes), (at, what.to_string()));
        check(b"", 0, "1 bytes are promised, but the file ends after 0");
        check(b"PK\x03\x04", 0, "0x50 is no operation of a pickle that holds images");
        check(b"B\xff\xff\xff\xffab", 0, "4294967295 bytes are promised, but the file ends after 2");
        check(
            b"\x8e\xff\xff\xff\xff\xff\xff\xff\xffa",
            0,
            &format!("{} bytes are promised, but the file ends after 1", u64::MAX),
        );
        check(b"K\x01a", 2, "there is no list");
        check(b"(u", 1, "there is no dictionary");
        check(b"K\x01(.", 3, "a value is missing");
    }

    #[test]
    fn deep_and_endless_pickles_are_faults_or_values_and_never_crash() {
        let deep = [b")".to_vec(), vec![0x85; 500_000], b".".to_vec()].concat();
        assert!(Pickle::parse(&deep).is_ok());
        let long = vec![b'N'; OPERATIONS + 10];
        assert_eq!(fault(&long), (OPERATIONS, format!("the pickle has more than {OPERATIONS} operations")));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_crash_it(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = Pickle::parse(&bytes);
        }
    }
}
