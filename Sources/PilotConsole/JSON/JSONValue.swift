/// A JSON value to be written (RFC 8259), members in the order in which they are given.
///
/// The order is what Foundation's encoder doesn't keep, and what the documented lines of the commands are made of:
/// `["event": "ready", "transport": "wss"]` is `{"event":"ready","transport":"wss"}`.
package enum JSONValue: Hashable, Sendable {
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
  package struct Member: Hashable, Sendable {
    package var name: String
    package var value: JSONValue

    package init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// A number that is an integer, of any type of up to 64 bits.
  package static func int(_ value: some BinaryInteger) -> JSONValue { .integer(Int128(value)) }

  /// An object of those members whose value isn't nil.
  package static func object(present members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    .object(members.compactMap { name, value in value.map { Member(name: name, value: $0) } })
  }
}

extension JSONValue {
  /// The value of an object's member, or nil.
  package subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
}

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .int(value) }
  package init(floatLiteral value: Double) { self = .double(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  /// An object whose members stand in the order of the literal.
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { name, value in Member(name: name, value: value) })
  }
}
