/// Where the value of a setting comes from.
package enum SettingOrigin: Hashable, Sendable {
  /// From behind the option itself.
  case option
  case environment(variable: String)
  /// - Parameter line: From 1.
  case file(path: String, line: Int)
  /// It is given nowhere.
  case standard
}

/// A setting as it is in force.
package struct EffectiveSetting: Hashable, Sendable {
  /// Its section in the configuration file.
  package let section: String
  /// Its option's name.
  package let name: String
  /// In the form that it has in the configuration file; null if it is off, or given nowhere.
  package let value: JSONValue
  /// Which place has won.
  package let origin: SettingOrigin
}

extension EffectiveSetting {
  /// The place, as a person looks for it: `--udp`, `PILOT_BEACON_UDP`, `pilot.json:3`, `default`.
  package var place: String {
    switch origin {
    case .option: section == "log" ? "--log-\(name)" : "--\(name)"
    case .environment(let variable): variable
    case .file(let path, let line): "\(path.onOneLine):\(line)"
    case .standard: "default"
    }
  }
}
