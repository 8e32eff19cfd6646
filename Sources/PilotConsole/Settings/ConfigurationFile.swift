internal import Configuration
internal import PilotIdentity

/// A configuration file, held against the settings that there are: what isn't understood is refused, with its place and the
/// name that may have been meant. A setting that is passed over is one that somebody relies on.
struct ConfigurationFile {
  /// The longest file that is read, in bytes.
  private static let sizeLimit = 1 << 20
  /// Names that come from elsewhere are shown up to this length.
  private static let shownLength = 40

  let path: String
  private(set) var values: [AbsoluteConfigKey: ConfigValue] = [:]
  /// Where they stand.
  private(set) var lines: [AbsoluteConfigKey: Int] = [:]
  /// What isn't understood, in the order of the file. Each is wrong usage, and quotes no value.
  private(set) var faults: [CommandFailure] = []

  /// Reads a file: an object with a section for each command.
  ///
  /// - Parameters:
  ///   - section: Whose settings are looked at by their names; those of others are theirs to refuse.
  ///   - options: Their names.
  /// - Throws: A failure with status 2 if it can't be read, or is no JSON. What is wrong with one member is in ``faults``.
  init(_ path: String, section: SettingsSection, options: OptionNames) throws(CommandFailure) {
    self.path = path
    var seen: [String: Int] = [:]
    for member in try Self.members(of: path) {
      noteTwice(&seen, member, in: [])
      guard let part = SettingsSection(rawValue: member.name) else {
        faults.append(unknownSection(member, options, section))
        continue
      }
      guard case .object(let settings) = member.value else {
        faults.append(
          .usage("\(place([member.name], member.line)) must be an object with settings", hint: "correct or remove it"))
        continue
      }
      read(settings, of: part, known: part == .log ? ["level", "format"] : part == section ? options.all : nil)
    }
  }

  private mutating func read(_ settings: [ConfigurationText.Member], of part: SettingsSection, known: [String]?) {
    var seen: [String: Int] = [:]
    for setting in settings {
      let path = [part.rawValue, setting.name]
      noteTwice(&seen, setting, in: [part.rawValue])
      if let known, !known.contains(setting.name) {
        let nearest = NearestName.of(setting.name, among: known).map { "is \"\($0)\" meant? " } ?? ""
        let list = part == .log ? "there are level and format" : "pilot \(part.command) --help lists all"
        faults.append(.usage("\(place(path, setting.line)) is no setting", hint: nearest + list))
        continue
      }
      do throws(CommandFailure) {
        guard let content = try content(of: setting, at: path) else { continue }
        values[AbsoluteConfigKey(path)] = ConfigValue(content, isSecret: true)
        lines[AbsoluteConfigKey(path)] = setting.line
      } catch {
        faults.append(error)
      }
    }
  }

  /// nil for a setting that is set to nothing.
  private func content(
    of setting: ConfigurationText.Member, at path: [String]
  ) throws(CommandFailure) -> ConfigContent? {
    switch setting.value {
    case .null: return nil
    case .bool(let value): return .bool(value)
    case .text(let value): return .string(value)
    case .number(let digits):
      if let value = Int(digits) { return .int(value) }
      if let value = Double(digits), value.isFinite { return .double(value) }
    case .list(let elements):
      let texts = elements.compactMap { element -> String? in
        switch element {
        case .text(let text), .number(let text): text
        case .null, .bool, .list, .object: nil
        }
      }
      if texts.count == elements.count { return .stringArray(texts) }
    case .object: break
    }
    throw .usage(
      "\(place(path, setting.line)) must be a text, a number, true, false, or a list of texts",
      hint: "correct or remove it")
  }

  private mutating func noteTwice(
    _ seen: inout [String: Int], _ member: ConfigurationText.Member, in parents: [String]
  ) {
    guard let first = seen.updateValue(member.line, forKey: member.name) else { return }
    faults.append(
      .usage(
        "\(place(parents + [member.name], member.line)) is there already, in line \(first)", hint: "remove one of them")
    )
  }

  private func unknownSection(
    _ member: ConfigurationText.Member, _ options: OptionNames, _ section: SettingsSection
  ) -> CommandFailure {
    let sections = SettingsSection.allCases.map(\.rawValue)
    let hint =
      if options.contains(member.name) {
        "a setting stands in its command's section: {\"\(section.rawValue)\":{\"\(member.name)\":…}}"
      } else if let nearest = NearestName.of(member.name, among: sections) {
        "is \"\(nearest)\" meant?"
      } else {
        "there are \(sections.joined(separator: ", "))"
      }
    return .usage("\(place([member.name], member.line)) is no section of settings", hint: hint)
  }

  /// `"beacon"."udp" in line 3 of pilot.json`
  private func place(_ names: [String], _ line: Int) -> String {
    let names = names.map { "\"\(String($0.prefix(Self.shownLength)).onOneLine)\"" }
    return "\(names.joined(separator: ".")) in line \(line) of \(path)"
  }

  private static func members(of path: String) throws(CommandFailure) -> [ConfigurationText.Member] {
    let contents: [UInt8]?
    do throws(SystemCallError) {
      contents = try WholeFile.contents(of: path, limit: sizeLimit)
    } catch {
      throw .usage(
        "the configuration file \(path) can't be read: \(error)", hint: "check the path and its permissions")
    }
    guard let contents else {
      throw .usage("the configuration file \(path) has more than \(sizeLimit) bytes", hint: "check the path")
    }
    do throws(ConfigurationText.Fault) {
      return try ConfigurationText.members(of: contents)
    } catch {
      throw .usage(
        "the configuration file \(path) isn't JSON of the form {\"beacon\":{\"udp\":\"[::]:9001\"}}: "
          + "line \(error.line) needs \(error.expected)",
        hint: "check it with a JSON tool")
    }
  }
}

extension SettingsSection {
  /// How its command is called: `bench udp`.
  var command: String { rawValue.split(separator: "-").joined(separator: " ") }
}
