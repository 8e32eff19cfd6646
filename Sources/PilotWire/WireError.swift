/// What was wrong with bytes or text that claimed to be something of the Pilot wire.
///
/// More cases may come, and a `switch` outside of this package needs an `@unknown default`. Each is one fault of the input (or, for `noRoom` and `payloadTooLong`, of the output), and none
/// of them says anything about the state of a connection. A frame that throws is dropped and counted; it never ends a loop.
@nonexhaustive
public enum WireError: Error, Equatable, Sendable {
  /// There was no byte at all, not even a type.
  case empty
  /// The input ends before what it must hold: `needed` and `had` in bytes, counted from the start of the frame.
  case truncated(needed: Int, had: Int)
  /// A value of fixed size came in another one: both in bytes.
  case wrongLength(expected: Int, had: Int)
  /// No beacon message has this first byte (wire reference, section 2).
  case unknownType(UInt8)
  /// A beacon message, but not of the type asked for.
  case unexpectedType(expected: UInt8, found: UInt8)
  /// No tunnel frame starts with these four bytes (wire reference, section 4).
  case unknownMagic(UInt32)
  /// A tunnel frame, but not of the kind asked for.
  case unexpectedMagic(expected: UInt32, found: UInt32)
  /// A node ID of 0, which no node has (wire reference, section 1).
  case nodeIDZero
  /// The length byte of an IP address was neither 4 nor 16.
  case addressLength(UInt8)
  /// What a node says it has dialled its beacon as is no name in its normal form (wire reference, section 2).
  case beaconName
  /// A time to come back, in milliseconds, that ends before it begins or after ten minutes (wire reference, section 2).
  case returnSpan(from: UInt32, until: UInt32)
  /// A packet's CRC-32: `expected` is what its bytes give, `found` is what it carries.
  case checksumMismatch(expected: UInt32, found: UInt32)
  /// A packet version other than 1 (wire reference, section 5).
  case unsupportedVersion(UInt8)
  /// Longer than the format or the caller's bound allows: both in bytes.
  case payloadTooLong(limit: Int, had: Int)
  /// The caller's buffer has `had` bytes left, and the frame takes `needed`. Nothing was written.
  case noRoom(needed: Int, had: Int)
  /// Not one JSON object in UTF-8 (RFC 8259): the fault, and the byte offset where it was noticed.
  case malformedJSON(JSONFault, offset: Int)
  /// A JSON object without a member that it must have.
  case missingMember(String)
  /// A JSON member whose value isn't of the type or form that it must have.
  case invalidMember(String)
}

/// Why a text isn't a JSON object that this module accepts.
@nonexhaustive
public enum JSONFault: Equatable, Sendable {
  /// A byte that can't stand there.
  case unexpectedByte(UInt8)
  /// The text ends in the middle of a value.
  case unexpectedEnd
  /// Not UTF-8.
  case invalidUTF8
  /// A backslash followed by something that is no escape.
  case invalidEscape
  /// Half of a UTF-16 surrogate pair, which is no character.
  case loneSurrogate
  /// A control character that stands in a string unescaped.
  case controlCharacter(UInt8)
  /// Nested deeper than the bound, in levels.
  case tooDeep(limit: Int)
  /// More members than the bound.
  case tooManyMembers(limit: Int)
  /// The same key twice in the outer object, where readers differ in which one counts.
  case duplicateKey(String)
  /// Something other than white space behind the object.
  case trailingBytes
}
