import Foundation
import PilotConsole
import PilotTransport
import PilotWSS
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProxyCommandTests {
  private func failure(_ text: String, limit: Duration = .seconds(10)) async -> String {
    var command = ProxyCommand(text)
    command.limit = limit
    do {
      return "\(try await command.credentials())"
    } catch {
      return (error as? TransportError)?.message ?? "\(error)"
    }
  }

  @Test func `the first line of a shell command's output is user and password`() async throws {
    let expected = try ProxyCredentials(user: "user", password: "a:b c")
    #expect(try await ProxyCommand("echo user:a:b c").credentials() == expected)
    #expect(try await ProxyCommand("printf 'user:a:b c'").credentials() == expected)
    #expect(try await ProxyCommand("printf 'user:a:b c\\r\\nmore\\n'").credentials() == expected)
    #expect(try await ProxyCommand("cat; echo user:a:b c").credentials() == expected)
  }

  @Test(arguments: [
    ("true", "printed nothing"), ("echo hunter2", "user:password"), ("echo a:hunter2; exit 3", "ended with status 3"),
    ("printf 'a:hunter2\\001\\n'", "control characters"), ("kill -9 $$", "status -9"),
    ("hunter2-is-no-program 2>&-", "status 127"),
  ])
  func `why there are none is said, without what was printed`(command: String, reason: String) async {
    let message = await failure(command)
    #expect(message.contains(reason), "\(message)")
    #expect(!message.contains("hunter2"))
  }

  @Test(arguments: ["sleep 1000", "sleep 1000 | cat", "echo a:b; sleep 1000", "yes", "yes | cat > /dev/null"])
  func `a command that doesn't end is ended, with what it has started`(command: String) async {
    let message = await failure(command, limit: .milliseconds(300))
    #expect(message.contains("did not end within") || message.contains("user:password"), "\(message)")
  }

  @Test func `a cancelled task ends the command`() async {
    let running = Task { await failure("sleep 1000") }
    running.cancel()
    #expect(await !running.value.contains("…"))
  }

  @Test func `a child gets no variable that is withheld`() async throws {
    let names = Set(ProcessInfo.processInfo.environment.keys)
    let child = try ChildProcess.start([], program: "/usr/bin/env", withheld: names.subtracting(["PATH"]))
    var found: Set<String> = []
    while let line = await child.line() { found.insert(String(line.prefix { $0 != "=" })) }
    child.end()
    #expect(found == names.intersection(["PATH"]))
  }
}
