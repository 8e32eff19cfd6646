/// What a beacon says at `/metrics`: counters by name and label, since its process began or over a time.
package struct BeaconCounts: Sendable, Equatable, Codable {
  private var values: [String: Int] = [:]

  package init() {}

  /// Reads Prometheus' text format, as far as the beacon uses it.
  package init(exposition text: String) {
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " "), let value = Int(line[line.index(after: space)...]) else { continue }
      var name = line[..<space]
      if name.hasPrefix("pilot_beacon_") { name = name.dropFirst("pilot_beacon_".count) }
      values[String(name)] = value
    }
  }

  package init(_ values: [String: Int]) { self.values = values }

  /// A metric without a label. `pilot_beacon_` is left out.
  package subscript(name: String) -> Int {
    get { values[name] ?? 0 }
    set { values[name] = newValue }
  }

  /// A metric's value under a label.
  package subscript(name: String, label: String) -> Int {
    get { first(name, label)?.value ?? 0 }
    set {
      let key = first(name, label)?.key ?? "\(name){label=\"\(label)\"}"
      values[key] = newValue
    }
  }

  private func first(_ name: String, _ label: String) -> (key: String, value: Int)? {
    values.first { $0.key.hasPrefix(name + "{") && $0.key.hasSuffix("=\"\(label)\"}") }
  }

  /// A metric's values, by label.
  package func labels(_ name: String) -> [String: Int] {
    var result: [String: Int] = [:]
    for (key, value) in values where key.hasPrefix(name + "{") {
      result[String(key.split(separator: "\"").dropFirst().first ?? "")] = value
    }
    return result
  }

  /// The sum of a metric's values.
  package func total(_ name: String) -> Int { labels(name).values.reduce(0, +) }

  package static func - (left: BeaconCounts, right: BeaconCounts) -> BeaconCounts {
    BeaconCounts(left.values.merging(right.values.mapValues { -$0 }) { $0 + $1 })
  }
}
