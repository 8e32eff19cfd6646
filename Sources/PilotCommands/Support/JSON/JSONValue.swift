/// A JSON value to be written (RFC 8259), members in the order in which they are given.
///
/// The order is what Foundation's encoder doesn't keep, and what the documented lines of the commands are made of:
/// `["event": "ready", "transport": "wss"]` is `{"event":"ready","transport":"wss"}`.
enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  /// Any integer of up to 64 bits, signed or not, digit for digit.
  case integer(Int128)
  /// Infinities and NaN, which JSON doesn't have, are written as `null`.
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// One member of an object. The writer doesn't look for names that come twice.
  struct Member: Hashable, Sendable {
    var name: String
    var value: JSONValue
  }

  /// A number that is an integer, of any type of up to 64 bits.
  static func int(_ value: some BinaryInteger) -> JSONValue { .integer(Int128(value)) }

  /// An object of those members whose value isn't nil.
  static func object(present members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    .object(members.compactMap { name, value in value.map { Member(name: name, value: $0) } })
  }
}

extension JSONValue {
  /// The value of an object's member, or nil.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
}

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(integerLiteral value: Int) { self = .int(value) }
  init(floatLiteral value: Double) { self = .double(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  /// An object whose members stand in the order of the literal.
  init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { name, value in Member(name: name, value: value) })
  }
}
