internal import PilotTransport
public import PilotWire

extension UDPTransport {
  /// How a transport is set up.
  public struct Configuration: Sendable, Equatable {
    /// Where to receive. Default `[::]:0`: any port, IPv4 and IPv6 alike, or IPv4 alone on a machine without IPv6.
    ///
    /// An IPv4 address makes an IPv4 socket, an IPv6 address other than `::` one for IPv6 alone. Ignored for an adopted
    /// descriptor.
    public var bindTo = Endpoint.any(port: 0)
    /// The kernel's buffer for received datagrams, in bytes; 1 to 1,073,741,823. Default 4 MiB.
    ///
    /// It holds what arrives while the reader is elsewhere, at about twice a short datagram's length each. If the kernel
    /// grants less, a notice says so.
    public var receiveBufferBytes = 4 << 20
    /// The kernel's buffer for datagrams on their way out, in bytes; 1 to 1,073,741,823. Default 4 MiB.
    public var sendBufferBytes = 4 << 20
    /// The longest frame that is received, in bytes; 1 to 65,535. Default 65,535, which every datagram fits.
    ///
    /// Longer ones are dropped and counted as truncated. Less than the default saves address space, and switches
    /// ``receiveCoalescing`` off.
    public var receiveFrameLength = 65_535
    /// Whether other sockets may be bound to the same address, to share its load (SO_REUSEPORT, socket(7)). Default no.
    public var sharesPort = false
    /// What becomes of frames that are longer than the path to their destination takes in one packet. Default
    /// ``UDPTransport/Fragmentation/allowed``. On Linux; on other systems frames are fragmented, and a notice says so if
    /// that is not what was asked for.
    public var fragmentation = Fragmentation.allowed
    /// Whether the kernel may be given many frames of a batch as one message (UDP_SEGMENT). Default yes.
    public var sendSegmentation = true
    /// Whether the kernel may give many datagrams as one (UDP_GRO). Default yes.
    ///
    /// It makes receiving in bulk many times cheaper, and the count of datagrams that the kernel drops coarser.
    public var receiveCoalescing = true

    /// The defaults.
    public init() {}

    func validate() throws(TransportError) {
      let buffers = 1...(1 << 30 - 1)
      guard buffers.contains(receiveBufferBytes), buffers.contains(sendBufferBytes) else {
        throw TransportError(
          code: .invalidConfiguration,
          message: "socket buffers have \(buffers.lowerBound) to \(buffers.upperBound) bytes, "
            + "not \(receiveBufferBytes) and \(sendBufferBytes)")
      }
      guard (1...65_535).contains(receiveFrameLength) else {
        throw TransportError(
          code: .invalidConfiguration, message: "receiveFrameLength is 1 to 65535, not \(receiveFrameLength)")
      }
    }
  }

  /// What becomes of a frame that is longer than the path to its destination takes in one packet.
  public enum Fragmentation: Sendable, Equatable {
    /// It leaves in fragments, and is lost if one of them is: some networks drop them all. For an adopted socket: what its
    /// maker has set.
    case allowed
    /// It isn't sent: `.frameTooLarge` with the limit, as far as the kernel knows the path. What a router further on drops is
    /// a `TransportEvent.pathMTU`, and the kernel knows it from then on, for ten minutes. (IP_PMTUDISC_DO, ip(7).)
    ///
    /// Who forges such reports, and has seen a datagram to do so, makes the limit lower: to 552 bytes in a packet of IPv4 and
    /// 1,280 of IPv6 at worst.
    case forbidden
    /// As ``forbidden``, but of the path only the first interface counts: longer frames leave, unfragmented, whatever routers
    /// have said. For who measures what gets through. (IP_PMTUDISC_PROBE, ip(7).)
    case probing
  }

  /// Which of the kernel's shortcuts are in use.
  public struct Offloads: Sendable, Equatable {
    /// Sending many frames as one message: Linux 4.18 and later. Destinations for which it fails do without.
    public var segmentation: Bool
    /// Receiving many datagrams as one message: Linux 5.0 and later.
    public var coalescing: Bool
  }
}
