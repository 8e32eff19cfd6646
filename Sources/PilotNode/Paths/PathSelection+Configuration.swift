import PilotTransport

extension PathSelection {
  /// Which beacon is preferred.
  public enum Preference: Sendable, Hashable {
    /// The first that can be reached.
    case order
    /// The one with the shortest round trip, measured over UDP; another one only when it is nearer than two thirds of the
    /// present one's, and than that by 10 ms.
    case roundTrip
    /// The one at the place that the node's key has among them (``/PilotWire/PublicKey/place(among:)``), and from there on around the
    /// ring: nodes that have the same list spread over it, as deployed ones do. ``Node/Configuration`` puts the beacons into that
    /// order; from there on it is ``order``.
    case publicKey
  }

  /// The times and limits.
  public struct Configuration: Sendable, Hashable {
    /// Which beacon is preferred. Default the first that can be reached.
    public var preference: Preference = .order
    /// Whether a path to a second beacon is kept ready. Default no.
    public var keepsStandby = false
    /// How long UDP is tried alone at the start, before the connection is dialled. Default 250 ms.
    public var headStart: Duration = .milliseconds(250)
    /// The same on a network where UDP has worked before. Default 1 s.
    public var trustedHeadStart: Duration = .seconds(1)
    /// How long after the start, and after a change of network, UDP is preferred without more ado when it answers. Default
    /// 3 s.
    public var opening: Duration = .seconds(3)
    /// How long frames go both ways after a switch, and after a doubt is gone. Default 2 s.
    public var overlap: Duration = .seconds(2)
    /// How often what is sent and received is looked at, so that a path that is idle no longer is noticed. Default 1 s.
    public var samplingInterval: Duration = .seconds(1)
    /// When probes are sent, and what their absence means.
    public var probing = PathProbing.Configuration()
    /// From what loss on a path is bad.
    public var loss = LossWindow.Configuration()
    /// When a preferred path is taken again.
    public var returning = ReturnPolicy.Configuration()

    /// The defaults.
    public init() {}

    /// What is due again at once is due without end.
    ///
    /// - Throws: `.invalidConfiguration`, with the name of the field.
    func validate() throws(TransportError) {
      let durations: [(String, Duration)] = [
        ("headStart", headStart), ("trustedHeadStart", trustedHeadStart), ("opening", opening), ("overlap", overlap),
        ("samplingInterval", samplingInterval),
        ("probing.interval", probing.interval), ("probing.busyInterval", probing.busyInterval),
        ("probing.idleInterval", probing.idleInterval), ("probing.awayInterval", probing.awayInterval),
        ("probing.shortestWait", probing.shortestWait), ("probing.longestWait", probing.longestWait),
        ("returning.patience", returning.patience), ("returning.span", returning.span),
      ]
      for (name, duration) in durations where duration <= .zero {
        throw TransportError(
          code: .invalidConfiguration, message: "paths.\(name) is \(duration) and must be more than nothing")
      }
    }
  }
}
