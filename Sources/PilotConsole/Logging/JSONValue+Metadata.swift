internal import Logging

extension JSONValue {
  /// A value of a log event. Numbers and truth values stay what they are; other things are texts.
  init(_ value: Logger.Metadata.Value) {
    switch value {
    case .string(let text): self = .string(text)
    case .stringConvertible(let number as any BinaryInteger): self = .int(number)
    case .stringConvertible(let number as Double): self = .double(number)
    case .stringConvertible(let truth as Bool): self = .bool(truth)
    case .stringConvertible(let other): self = .string(other.description)
    case .array(let values): self = .array(values.map(JSONValue.init))
    case .dictionary(let values):
      self = .object(values.map { Member(name: $0.key, value: JSONValue($0.value)) }.sorted { $0.name < $1.name })
    }
  }

  /// The value behind `key=` in a text line: in quotation marks only where it couldn't be told from what follows.
  var logText: String {
    guard case .string(let text) = self else { return line }
    let isPlain =
      !text.isEmpty
      && text.unicodeScalars.allSatisfy { scalar in
        scalar != " " && scalar != "\"" && scalar != "=" && !scalar.endsLineOrSteersTerminal
      }
    return isPlain ? text : line
  }
}
