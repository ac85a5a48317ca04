//! Vectors as run.mjs hands them over: a line each, of words in hexadecimal or decimal.

pub struct Hmac {
    pub key: Vec<u8>,
    pub data: Vec<u8>,
    /// Whole, or its first half.
    pub mac: Vec<u8>,
}

pub struct Token {
    pub secret: Vec<u8>,
    pub audience: Vec<u8>,
    pub kind: u64,
    pub name: Vec<u8>,
    /// The idempotency key; none if it is empty.
    pub once: Vec<u8>,
    pub now: u64,
    pub tolerance: u64,
    pub nonce: Vec<u8>,
    pub args: Vec<u8>,
    pub text: Vec<u8>,
    pub key_id: Vec<u8>,
    pub kept_until: u64,
    /// Of the nonce; and, with an idempotency key, of that and of the arguments.
    pub names: [Vec<u8>; 3],
}

#[derive(Default)]
pub struct Vectors {
    pub hmacs: Vec<Hmac>,
    pub tokens: Vec<Token>,
}

pub fn parse(text: &str) -> Result<Vectors, String> {
    let mut vectors = Vectors::default();
    for line in text.lines() {
        let wrong = || format!("not a vector: {line}");
        let words: Vec<&str> = line.split(' ').collect();
        let hex = |word: &str| unhex(word).ok_or_else(wrong);
        let number = |word: &str| word.parse::<u64>().map_err(|_| wrong());
        match words.as_slice() {
            ["hmac", key, data, mac] => vectors.hmacs.push(Hmac { key: hex(key)?, data: hex(data)?, mac: hex(mac)? }),
            [
                "token",
                secret,
                audience,
                kind,
                name,
                once,
                now,
                tolerance,
                nonce,
                args,
                token,
                key_id,
                kept_until,
                nonce_name,
                use_name,
                args_name,
            ] => vectors.tokens.push(Token {
                secret: hex(secret)?,
                audience: hex(audience)?,
                kind: number(kind)?,
                name: hex(name)?,
                once: hex(once)?,
                now: number(now)?,
                tolerance: number(tolerance)?,
                nonce: hex(nonce)?,
                args: hex(args)?,
                text: hex(token)?,
                key_id: hex(key_id)?,
                kept_until: number(kept_until)?,
                names: [hex(nonce_name)?, hex(use_name)?, hex(args_name)?],
            }),
            _ => return Err(wrong()),
        }
    }
    let with_key = vectors.tokens.iter().filter(|token| !token.once.is_empty()).count();
    if vectors.hmacs.len() < 7 || vectors.tokens.len() - with_key < 10 || with_key < 10 {
        return Err("there are too few vectors".into());
    }
    Ok(vectors)
}

pub fn unhex(word: &str) -> Option<Vec<u8>> {
    (word.len().is_multiple_of(2) && word.is_ascii()).then_some(())?;
    (0..word.len() / 2).map(|index| u8::from_str_radix(&word[2 * index..2 * index + 2], 16).ok()).collect()
}

/// Text that is usable as a secret if it is long enough, and different for each `seed`.
pub fn sample(len: usize, seed: usize) -> Vec<u8> {
    const CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..len).map(|index| CHARS[(index * 37 + index / 16 * 11 + seed * 5) % 64]).collect()
}
