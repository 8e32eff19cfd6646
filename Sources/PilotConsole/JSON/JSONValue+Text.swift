extension JSONValue {
  /// The value on one line, without a space or a line break outside of strings.
  package var line: String {
    var text = ""
    append(to: &text)
    return text
  }

  private func append(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .double(let value): text += value.isFinite ? String(value) : "null"
    case .string(let value): Self.append(quoted: value, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        element.append(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += "," }
        Self.append(quoted: member.name, to: &text)
        text += ":"
        member.value.append(to: &text)
      }
      text += "}"
    }
  }

  /// `text` in quotation marks, escaped so that the line stays one line for every reader.
  ///
  /// JSON asks for less: DEL and the C1 controls can steer a terminal, and NEL, LS and PS end a line for some readers.
  static func append(quoted text: String, to output: inout String) {
    output.unicodeScalars.append("\"")
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    output.unicodeScalars.append("\"")
  }
}

extension String {
  /// The text with line breaks and control characters escaped as in JSON, without quotation marks around it.
  ///
  /// For what comes from outside and stands in a line of its own: it can neither forge another line nor steer a
  /// terminal.
  package var onOneLine: String {
    guard unicodeScalars.contains(where: { $0.endsLineOrSteersTerminal }) else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      guard scalar.endsLineOrSteersTerminal else { return text.unicodeScalars.append(scalar) }
      var quoted = ""
      JSONValue.append(quoted: String(scalar), to: &quoted)
      text += quoted.dropFirst().dropLast()
    }
  }
}

extension Unicode.Scalar {
  /// Whether a reader may take it for the end of a line, or a terminal for an order.
  var endsLineOrSteersTerminal: Bool {
    switch self {
    case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}": true
    default: false
    }
  }
}
