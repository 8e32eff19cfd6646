package import PilotTransport
package import PilotWire

extension Node {
  /// What one of a node's paths is made of.
  package struct PathSetup: Sendable {
    /// What carries its frames. Paths over UDP share theirs.
    let transport: any Transport
    /// The same, where it has a connection to be dialled.
    let connection: (any DialledTransport)?
    /// Where the beacon is, and how that leads there.
    let target: BeaconLink.Target
    /// Which beacon, and by what.
    let path: PathSelection.Path
    /// As what the beacon was dialled; nil where that is its address.
    let dialled: BeaconName?
    /// Looks the beacon's name up; nil where it has none, and over WSS, where the transport does it.
    let nameLookup: NameLookup?

    /// - Parameters:
    ///   - transport: What carries its frames: the node's from then on.
    ///   - target: Where the beacon is, and how that leads there.
    ///   - beacon: The beacon's place in the order of preference.
    ///   - dialled: As what the beacon was dialled. Default: as its address.
    package init(_ transport: any Transport, _ target: BeaconLink.Target, beacon: Int = 0, dialled: BeaconName? = nil) {
      self.init(transport, target, beacon: beacon, dialled: dialled, nameLookup: nil)
    }

    init(
      _ transport: any Transport, _ target: BeaconLink.Target, beacon: Int = 0, dialled: BeaconName?,
      nameLookup: NameLookup?, capture: FrameCapture? = nil
    ) {
      connection = transport as? any DialledTransport
      self.transport = capture?.capturing(transport, on: .wss) ?? transport
      self.target = target
      self.dialled = dialled
      self.nameLookup = nameLookup
      path =
        switch target {
        case .datagrams: PathSelection.Path(beacon: beacon, .datagrams)
        case .connection: PathSelection.Path(beacon: beacon, .connection)
        }
    }

    /// The most that a node has.
    static let limit = 64

    /// - Throws: `.invalidConfiguration`.
    static func validate(_ setups: [PathSetup]) throws(TransportError) {
      guard (1...limit).contains(setups.count) else {
        throw TransportError(
          code: .invalidConfiguration, message: "a node has 1 to \(limit) paths, and these are \(setups.count)")
      }
      guard Set(setups.map(\.path)).count == setups.count else {
        throw TransportError(
          code: .invalidConfiguration, message: "a beacon has one path over UDP and one over WSS, and this one has more"
        )
      }
    }
  }
}
