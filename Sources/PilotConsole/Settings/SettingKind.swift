internal import Configuration

/// What a setting's value must be: how the places that settings come from name its type, and how it is taken out.
struct SettingKind<Value: Sendable>: Sendable {
  /// The types that are accepted, the first that fits.
  let types: [ConfigType]
  /// For an error: `a text`.
  let name: String
  let unwrap: @Sendable (ConfigContent) -> Value?
}

extension SettingKind<String> {
  /// What would stand behind an option: a number in JSON is as good as its digits.
  static let text = SettingKind(types: [.string, .int, .double], name: "a text") { content in
    switch content {
    case .string(let value): value
    case .int(let value): String(value)
    case .double(let value): String(value)
    default: nil
    }
  }
}

extension SettingKind<Int> {
  static let integer = SettingKind(types: [.int], name: "a whole number") { content in
    guard case .int(let value) = content else { return nil }
    return value
  }
}

extension SettingKind<Bool> {
  static let truth = SettingKind(types: [.bool], name: "true or false") { content in
    guard case .bool(let value) = content else { return nil }
    return value
  }
}

extension SettingKind<[String]> {
  static let texts = SettingKind(types: [.stringArray], name: "a list of texts") { content in
    guard case .stringArray(let value) = content else { return nil }
    return value
  }
}
