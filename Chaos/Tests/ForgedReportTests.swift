import ChaosCore
import PilotTesting
import PilotWire
import Testing

@Suite struct ForgedReportTests {
  private let beacon = Endpoint(ipv4: 127, 0, 0, 1, port: 9_001)
  private let node = Endpoint(ipv4: 127, 1, 0, 5, port: 40_000)

  @Test
  func `a report says port unreachable, and quotes the headers of a datagram that the kernel finds its socket by`() {
    let bytes = ForgedReport(of: [1, 2, 3], from: beacon, to: node).bytes
    #expect(bytes.count == 8 + 20 + 8 + 3)
    #expect(bytes.prefix(2).elementsEqual([3, 3]))
    let (ip, udp) = (Array(bytes[8..<28]), Array(bytes[28..<36]))
    #expect(ip[0] == 0x45 && ip[9] == 17 && ip[2..<4].elementsEqual([0, 31]))
    #expect(ip[12...].elementsEqual([127, 0, 0, 1, 127, 1, 0, 5]))
    #expect(udp.elementsEqual([0x23, 0x29, 0x9C, 0x40, 0, 11, 0, 0]))
    #expect(bytes.suffix(3).elementsEqual([1, 2, 3]))
  }

  @Test(arguments: [0, 4, 7, 28])
  func `both checksums hold, whatever is quoted`(count: Int) {
    let bytes = ForgedReport(of: [UInt8](repeating: 0xA5, count: count), from: beacon, to: node).bytes
    #expect(InternetChecksum.bytes(over: bytes) == [0, 0])
    #expect(InternetChecksum.bytes(over: Array(bytes[8..<28])) == [0, 0])
  }

  /// RFC 1071, section 3.
  @Test func `the checksum is the RFC's`() {
    #expect(InternetChecksum.bytes(over: [0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]) == [0x22, 0x0D])
  }

  @Test func `a node's port is found in the kernel's list by the address that only it has`() {
    let list = SocketList(
      """
         sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
       2997: 0100007F:B06C 0100007F:E00D 01 00000000:00000000 00:00000000 00000000     0        0 752278 2 0 0
       8441: 0500017F:85B0 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 768720 2 0 0
      broken line
      """)
    #expect(list.port(at: Population.address(of: 5)) == 0x85B0)
    #expect(list.port(at: Population.address(of: 6)) == nil)
  }
}
