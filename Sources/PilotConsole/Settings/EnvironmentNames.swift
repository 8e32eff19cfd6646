/// The names of a process's variables, held against the settings that there are.
///
/// Those of this command that don't exist are refused, and those that look like a slip of one that does. Others are none of
/// this program's business: a variable that begins with `PILOT_` may be anybody's.
struct EnvironmentNames {
  private let section: SettingsSection
  /// What the names of this command's variables begin with.
  private let prefix: String
  private let known: [String]

  init(of section: SettingsSection, options: OptionNames) {
    self.section = section
    prefix = Self.variable(section, "")
    known =
      options.all.map { Self.variable(section, $0) }
      + ["PILOT_CONFIG", Self.variable(.log, "level"), Self.variable(.log, "format")]
  }

  /// `PILOT_BEACON_TLS_CERT`
  static func variable(_ section: SettingsSection, _ name: String) -> String {
    "PILOT_\(section.rawValue)_\(name)".uppercased().replacing("-", with: "_")
  }

  /// What is wrong with an environment's names, in the order of the alphabet: wrong usage. It quotes no value.
  func faults(in environment: [String: String]) -> [CommandFailure] {
    var faults: [CommandFailure] = []
    for (name, value) in environment.sorted(by: { $0.key < $1.key })
    where name.hasPrefix("PILOT_") && !value.isEmpty && !known.contains(name) && !Self.isOfAService(name, value) {
      let nearest = nearest(to: name)
      guard nearest != nil || name.hasPrefix(prefix) else { continue }
      faults.append(
        .usage(
          "the environment variable \(String(name.prefix(80)).onOneLine) is no setting",
          hint: (nearest.map { "is \($0) meant? " } ?? "") + "pilot \(section.command) --help lists all"))
    }
    return faults
  }

  private func nearest(to name: String) -> String? {
    guard name.hasPrefix(prefix) else {
      let others = SettingsSection.allCases.filter { $0 != section && $0 != .log }
      if others.contains(where: { name.hasPrefix(Self.variable($0, "")) }) { return nil }
      return NearestName.of(name, among: known, within: 2)
    }
    // What all have in common says nothing.
    let own = known.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    return NearestName.of(String(name.dropFirst(prefix.count)), among: own).map { prefix + $0 }
  }

  /// What Kubernetes and container links set for a service whose name begins with `pilot`: `PILOT_BEACON_SERVICE_HOST`,
  /// `PILOT_BEACON_PORT_9001_UDP=udp://…`.
  private static func isOfAService(_ name: String, _ value: String) -> Bool {
    if name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") { return true }
    if name.hasSuffix("_PORT") { return ["tcp://", "udp://", "sctp://"].contains { value.hasPrefix($0) } }
    guard let mark = name.firstRange(of: "_PORT_") else { return false }
    let words = name[mark.upperBound...].split(separator: "_")
    guard (2...3).contains(words.count), UInt16(words[0]) != nil else { return false }
    return ["TCP", "UDP", "SCTP"].contains(words[1])
      && (words.count == 2 || ["PROTO", "PORT", "ADDR"].contains(words[2]))
  }
}
