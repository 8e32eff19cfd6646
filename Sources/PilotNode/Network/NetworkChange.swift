/// What of this machine's network has changed, as far as it concerns a node.
package struct NetworkChange: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A default route has come, gone, or leads elsewhere.
  package static let defaultRoute = NetworkChange(rawValue: 1)
  /// An interface has gained or lost an address that can be used.
  package static let addresses = NetworkChange(rawValue: 2)
  /// An interface has become operational, or isn't any more.
  package static let links = NetworkChange(rawValue: 4)
  /// Perhaps something: the system told more than this process has read, or couldn't say how things stand.
  package static let missed = NetworkChange(rawValue: 8)
}

extension NetworkChange: CustomStringConvertible {
  /// The kinds in snake case, with commas between them: `default_route,links`.
  package var description: String {
    let names: [(NetworkChange, String)] = [
      (.defaultRoute, "default_route"), (.addresses, "addresses"), (.links, "links"), (.missed, "missed"),
    ]
    return names.filter { contains($0.0) }.map(\.1).joined(separator: ",")
  }
}
