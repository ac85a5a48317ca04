// Changes that make no difference, whatever the input: no test can tell such a mutant from the crate. Each was thought through; run.mjs
// runs them all the same, and fails if one is killed or is not there any more, because then its reason was wrong or is out of date.

const disjoint = "The two are never set at once, so OR and XOR are the same";

/** @type {readonly { file: string, was: string, becomes: string, why: string }[]} */
export const equivalent = [
  {
    file: "src/keyring.rs",
    was: "write_hex(&self.expand(info)[..ID_LEN / 2], &mut text);",
    becomes: "write_hex(&self.expand(info)[..ID_LEN * 2], &mut text);",
    why: "All 32 bytes begin with the same 8, and write_hex stops when the 16 characters are full.",
  },
  {
    file: "src/secret.rs",
    was: "let chosen = !(generated | blank);",
    becomes: "let chosen = !(generated ^ blank);",
    why: `${disjoint}: what begins with csk_ is not blank.`,
  },
  {
    file: "src/secret.rs",
    was: "within(byte, 0, b' ') | within(byte, 0x7f, 0x7f)",
    becomes: "within(byte, 0, b' ') ^ within(byte, 0x7f, 0x7f)",
    why: `${disjoint}: no byte is in both ranges.`,
  },
  {
    file: "src/secret.rs",
    was: "within(byte, b'\"', b'\"') | within(byte, b'\\'', b'\\'') | within(byte, b'`', b'`')",
    becomes: "within(byte, b'\"', b'\"') | within(byte, b'\\'', b'\\'') ^ within(byte, b'`', b'`')",
    why: `${disjoint}: no byte is two quotes.`,
  },
  {
    file: "src/secret.rs",
    was: "within(byte, b'\"', b'\"') | within(byte, b'\\'', b'\\'') | within(byte, b'`', b'`')",
    becomes: "within(byte, b'\"', b'\"') ^ within(byte, b'\\'', b'\\'') | within(byte, b'`', b'`')",
    why: `${disjoint}: no byte is two quotes.`,
  },
  {
    file: "src/secret.rs",
    was: "seen = seen << (8 * new) | (u64::from(*byte) & new.wrapping_neg());",
    becomes: "seen = seen << (8 * new) ^ (u64::from(*byte) & new.wrapping_neg());",
    why: `${disjoint}: for a new byte the low eight bits were shifted free, and for another one it is zero that is added.`,
  },
  {
    file: "src/secret.rs",
    was: "window = window << 8 | u64::from(*byte);",
    becomes: "window = window << 8 ^ u64::from(*byte);",
    why: `${disjoint}: the low eight bits were shifted free.`,
  },
  {
    file: "src/secret.rs",
    was: 'equal.any() | ct_eq(secret, b"null").unwrap_u8()',
    becomes: 'equal.any() ^ ct_eq(secret, b"null").unwrap_u8()',
    why: `${disjoint}: what is the text null has no eight bytes.`,
  },
  {
    file: "src/value.rs",
    was: "Ok(self.run(len)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))",
    becomes: "Ok(self.run(len)?.iter().fold(0, |sum, byte| sum << 8 ^ u64::from(*byte)))",
    why: `${disjoint}: the low eight bits were shifted free.`,
  },
  {
    file: "src/value.rs",
    was: "put(major << 5 | info);",
    becomes: "put(major << 5 ^ info);",
    why: `${disjoint}: info is at most 27 and has five bits.`,
  },
  {
    file: "src/window.rs",
    was: "} else if issued_at < now {",
    becomes: "} else if issued_at <= now {",
    why: "Equal times are no distance apart, so they were accepted before this line.",
  },
  {
    file: "src/text.rs",
    was: "point = point << 6 | u32::from(byte & 0x3f);",
    becomes: "point = point << 6 ^ u32::from(byte & 0x3f);",
    why: `${disjoint}: the low six bits were shifted free.`,
  },
  {
    file: "src/text.rs",
    was: "if count < width {",
    becomes: "if count <= width {",
    why: "With exactly one digit's bits left the next byte is only taken earlier. At most 14 of 32 bits are in use, and the digits are the same.",
  },
  {
    file: "src/text.rs",
    was: "bits = bits << 8 | u32::from(*bytes.next().unwrap_or(&0));",
    becomes: "bits = bits << 8 ^ u32::from(*bytes.next().unwrap_or(&0));",
    why: `${disjoint}: the low eight bits were shifted free.`,
  },
  {
    file: "src/text.rs",
    was: "bits = bits << 6 | u32::from(value);",
    becomes: "bits = bits << 6 ^ u32::from(value);",
    why: `${disjoint}: the low six bits were shifted free, and a value has six.`,
  },
  {
    file: "src/text.rs",
    was: "(bits as u8 & ((1 << count) - 1)) | !known == 0",
    becomes: "(bits as u8 & ((1 << count) - 1)) ^ !known == 0",
    why: "Left are at most four bits, right are none or all eight: they are equal, and XOR zero, only if both are zero, as with OR.",
  },
  {
    file: "src/text.rs",
    was: "char | inside & value.wrapping_sub(run.value).wrapping_add(run.first)",
    becomes: "char ^ inside & value.wrapping_sub(run.value).wrapping_add(run.first)",
    why: `${disjoint}: a value is in one run, and the others give zero.`,
  },
  {
    file: "src/text.rs",
    was: "(value | inside & char.wrapping_sub(run.first).wrapping_add(run.value), known | inside)",
    becomes: "(value ^ inside & char.wrapping_sub(run.first).wrapping_add(run.value), known | inside)",
    why: `${disjoint}: a character is in one run, and the others give zero.`,
  },
  {
    file: "src/text.rs",
    was: "(value | inside & char.wrapping_sub(run.first).wrapping_add(run.value), known | inside)",
    becomes: "(value | inside & char.wrapping_sub(run.first).wrapping_add(run.value), known ^ inside)",
    why: `${disjoint}: a character is in one run.`,
  },
  {
    file: "src/text.rs",
    was: "let borrowed = number.wrapping_sub(first) | last.wrapping_sub(number);",
    becomes: "let borrowed = number.wrapping_sub(first) ^ last.wrapping_sub(number);",
    why: `${disjoint}, in the bits that are kept: a number is not below the first and above the last at once.`,
  },
  {
    file: "src/text.rs",
    was: "*byte = high << 4 | low;",
    becomes: "*byte = high << 4 ^ low;",
    why: `${disjoint}: the low four bits were shifted free, and a digit has four.`,
  },
];
