import CPilotUDP
import PilotTransport
import PilotUDP
import PilotWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A UDP socket on loopback with a second descriptor, so that what comes for a node that has left can still be counted.
enum NodeSocket {
  /// The kernel's buffer, in bytes: small, so that it overflows when a node doesn't read.
  private static let bufferBytes = 256 * 1_024

  /// How the transports are set up. Without coalescing the kernel counts each dropped datagram; and without segmentation
  /// so does the beacon's, which coalesces.
  private static var configuration: UDPTransport.Configuration {
    var configuration = UDPTransport.Configuration()
    configuration.receiveBufferBytes = bufferBytes
    configuration.receiveCoalescing = false
    configuration.sendSegmentation = false
    return configuration
  }

  /// Binds one to a loopback address.
  ///
  /// - Returns: The transport, and the second descriptor, which the caller owns.
  static func open(at ipv4Address: UInt32) throws -> (transport: UDPTransport, spare: Int32) {
    let descriptor = cpilot_udp_open(Int32(cpilot_udp_family_ipv4))
    guard descriptor >= 0 else { throw ChaosFailure("no socket: errno \(-descriptor)") }
    var address = cpilot_udp_address(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4Address), scope: 0, port: 0)
    // SAFETY: the function reads one address through the pointer.
    let bound = unsafe cpilot_udp_bind(descriptor, &address, Int32(cpilot_udp_family_ipv4))
    let spare = dup(descriptor)
    guard bound == 0, spare >= 0 else {
      _ = cpilot_udp_close(descriptor)
      throw ChaosFailure("no socket on loopback: errno \(bound == 0 ? errno : -bound)")
    }
    _ = fcntl(spare, F_SETFD, FD_CLOEXEC)
    do {
      return (try UDPTransport.adopt(descriptor: descriptor, configuration), spare)
    } catch {
      _ = cpilot_udp_close(spare)
      throw error
    }
  }

  /// Takes a second descriptor over, for reading what is left.
  static func witness(_ spare: Int32) throws -> UDPTransport {
    try UDPTransport.adopt(descriptor: spare, configuration)
  }

  static func close(_ spare: Int32) { _ = cpilot_udp_close(spare) }
}
