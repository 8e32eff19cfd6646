import PilotNode
import PilotTransport
public import PilotWire

extension Tunnels {
  /// What tunnels do, beside what their node does.
  public struct Configuration: Sendable {
    /// Which of the peers whose keys are known may have a session. Default nil: all of them.
    public var allowed: Set<NodeID>?
    /// Whether peers are also tried directly, over UDP. Default yes. The relay carries meanwhile, and where that fails.
    public var usesDirectPaths = true
    /// The longest frame, in bytes: a relayed datagram. Default 1,232, which gets through nearly everywhere
    /// (``/PilotNode/PayloadLimit/safeFrameLength``); from ``shortestFrameLength`` to 65,507.
    public var maximumFrameLength = PayloadLimit.safeFrameLength
    /// The longest datagram that goes in fragments, and of which a peer's fragments are put together, in bytes: up to 65,507, and 64
    /// fragments. Default nil: a datagram that is longer than a frame takes is refused, and so are fragments.
    ///
    /// It takes both sides: a peer is sent fragments only when it has said that it puts them together. With one fragment a datagram is
    /// lost. Of each peer 64 datagrams and 256 KiB are kept incomplete, 8 MiB in all, for 2 s.
    public var maximumFragmentedLength: Int?
    /// Times and bounds of the sessions.
    package var sessions = TunnelConfiguration()
    /// Times and bounds of direct paths.
    package var paths = DirectPath.Configuration()

    /// The defaults.
    public init() {}

    /// The least that ``maximumFrameLength`` can be: key exchanges have to fit, with what a relay adds.
    public static let shortestFrameLength = 256
  }

  /// What stands around a payload in a relayed datagram: the relay's header, the sealed frame's and the packet's, 79 bytes.
  static let overhead = Relay.headerLength + Sealer.overhead
}
