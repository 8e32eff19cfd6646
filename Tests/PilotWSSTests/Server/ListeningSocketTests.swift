import Logging
import NIOCore
import NIOEmbedded
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct ListeningSocketTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// Binds on a machine where IPv6 fails with this.
  private func bind(_ address: Endpoint, ipv6 code: CInt) async throws -> (Endpoint, asked: [Endpoint]) {
    var asked: [Endpoint] = []
    let bound = try await ListeningSocket.bind(to: address, logger: logger) { address in
      asked.append(address)
      if !address.isIPv4 { throw IOError(errnoCode: code, reason: "bind") }
      return EmbeddedChannel()
    }
    return (bound.address, asked)
  }

  @Test(arguments: [EAFNOSUPPORT, EADDRNOTAVAIL, EPROTONOSUPPORT])
  func `without IPv6 all addresses are those of IPv4`(code: CInt) async throws {
    let (address, asked) = try await bind(.any(port: 9443), ipv6: code)
    #expect(address == Endpoint(ipv4Address: 0, port: 9443))
    #expect(asked == [.any(port: 9443), Endpoint(ipv4Address: 0, port: 9443)])
  }

  @Test func `another trouble is no reason, and neither is one address that isn't there`() async throws {
    for (address, code) in [(Endpoint.any(port: 1), EADDRINUSE), (Endpoint(high: 0, low: 1, port: 1), EADDRNOTAVAIL)] {
      let error = await failure { _ = try await bind(address, ipv6: code) }
      #expect(error?.code == .bindFailed)
      #expect(error?.message.contains("\(address)") == true)
      #expect((error?.cause as? IOError)?.errnoCode == code)
    }
  }

  @Test func `an address of IPv4 is asked for once`() async throws {
    let (_, asked) = try await bind(.loopback(port: 1), ipv6: EAFNOSUPPORT)
    #expect(asked == [.loopback(port: 1)])
  }
}
