import Foundation
import PilotBeacon
import PilotConsole
import PilotUDP
import PilotWire
import Testing

@testable import PilotCommands

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

#if os(Linux)
  /// What a supervisor is told, and what it passes on.
  @Suite(.timeLimit(.minutes(1))) struct SupervisorTests {
    /// A datagram socket as a supervisor has one, at a path or at a name of the abstract kind.
    private final class Supervisor: Sendable {
      let address: String
      private let socket: CInt

      init(_ address: String) throws {
        self.address = address
        socket = Glibc.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        var text = Array(address.utf8)
        if text.first == UInt8(ascii: "@") { text[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: text) }
        let length = socklen_t(2 + text.count + (text[0] == 0 ? 0 : 1))
        let bound = unsafe withUnsafePointer(to: &name) {
          unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(socket, $0, length) }
        }
        try #require(bound == 0)
      }

      deinit {
        close(socket)
        unsafe unlink(address)
      }

      var next: String {
        var bytes = [UInt8](repeating: 0, count: 1_000)
        let count = unsafe recv(socket, &bytes, bytes.count, CInt(MSG_DONTWAIT))
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
      }

      var environment: SupervisedEnvironment {
        SupervisedEnvironment(values: ["NOTIFY_SOCKET": address], process: 1)
      }
    }

    @Test(arguments: ["/tmp/notify-", "@pilot-notify-"]) func itIsToldHowItStands(_ kind: String) throws {
      let supervisor = try Supervisor(kind + UUID().uuidString.prefix(8))
      let notices = SupervisorNotices(supervisor.environment)
      notices.ready(at: .any(port: 9_001))
      #expect(supervisor.next == "READY=1\nSTATUS=Serving at [::]:9001")
      notices.reloading()
      #expect(supervisor.next.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
      notices.stopping()
      #expect(supervisor.next == "STOPPING=1\nSTATUS=Sending nodes away")
    }

    @Test func nobodyIsToldWhereNobodyIs() {
      SupervisorNotices(SupervisedEnvironment(values: [:], process: 1)).ready(at: .any(port: 9_001))
      SupervisorNotices(SupervisedEnvironment(values: ["NOTIFY_SOCKET": "/nowhere/at/all"], process: 1)).ready(
        at: .any(port: 9_001))
    }

    private static func environment(_ count: String, _ names: String?, process: String = "7") -> SupervisedEnvironment {
      var values = ["LISTEN_PID": process, "LISTEN_FDS": count]
      values["LISTEN_FDNAMES"] = names
      return SupervisedEnvironment(values: values, process: 7)
    }

    @Test func socketsAreTakenByTheirNames() throws {
      #expect(try ActivatedSockets.names(Self.environment("2", "udp:wss")) == ["udp", "wss"])
      #expect(try ActivatedSockets.names(Self.environment("1", "")) == [""])
    }

    @Test func thoseForAnotherProcessAreNone() throws {
      #expect(try ActivatedSockets.names(Self.environment("2", "udp:wss", process: "8")) == [])
      #expect(try ActivatedSockets.names(SupervisedEnvironment(values: [:], process: 7)) == [])
    }

    @Test(arguments: [("2", "udp"), ("1", "udp:wss"), ("3", nil), ("2000000000", "udp")] as [(String, String?)])
    func namesThatDoNotAddUpAreRefused(_ count: String, _ names: String?) {
      #expect(throws: CommandFailure.self) { try ActivatedSockets.names(Self.environment(count, names)) }
    }
  }
#endif
