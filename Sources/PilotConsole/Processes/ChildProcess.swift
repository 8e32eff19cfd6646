#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
package import NIOPosix
internal import Synchronization
#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// This program once more, or another one, as a child that ends with its parent's hold on it.
///
/// The child's standard input is a pipe, its standard output one that is read by the line; its standard error is the
/// parent's, unless another one is given. It is in a process group of its own, so that Ctrl-C reaches the parent alone, which then ends the child.
package final class ChildProcess: Sendable {
  /// Its process ID.
  package let id: pid_t
  private let input: Mutex<Int32?>
  private let output: Mutex<LineReader>
  private let outputDescriptor: Int32
  private let hasEnded = Mutex(false)
  /// The threads that wait for its lines and for its end.
  private let waiters: NIOThreadPool

  private init(id: pid_t, input: Int32, output: Int32, waiters: NIOThreadPool) {
    self.id = id
    self.waiters = waiters
    self.input = Mutex(input)
    self.output = Mutex(LineReader(descriptor: output))
    outputDescriptor = output
  }

  deinit {
    end()
    closeInput()
    close(outputDescriptor)
  }

  /// Starts it.
  ///
  /// - Parameters:
  ///   - arguments: The command line, without the program's name. Settings in the environment are left out.
  ///   - program: The program's path; nil for this one.
  ///   - errors: What becomes its standard error; nil for this process's own.
  ///   - withheld: Variables of the environment that are left out, too.
  ///   - waiters: The threads that wait for its lines and its end, one for each wait at a time.
  package static func start(
    _ arguments: [String], program: String? = nil, errors: Int32? = nil, withheld: Set<String> = [],
    waiters: NIOThreadPool = .singleton
  ) throws -> ChildProcess {
    let input = try Pipe()
    let output: Pipe
    do {
      output = try Pipe()
    } catch {
      input.close()
      throw error
    }
    var id = pid_t()
    let code = spawn(
      program ?? SiblingProgram.own, [program ?? "pilot"] + arguments, reading: input.reading, writing: output.writing,
      errors: errors, withheld: withheld, id: &id)
    close(input.reading)
    close(output.writing)
    guard code == 0 else {
      close(input.writing)
      close(output.reading)
      throw CommandFailure("a child process can't be started", hint: "check the limits on processes and descriptors")
    }
    return ChildProcess(id: id, input: input.writing, output: output.reading, waiters: waiters)
  }

  /// The next line of its standard output, or nil at the end. Ends the child if the task is cancelled.
  package func line() async -> String? {
    await withTaskCancellationHandler {
      try? await waiters.runIfActive {
        self.output.withLock { output -> String? in
          guard case .text(let line)? = output.next() else { return nil }
          return line
        }
      }
    } onCancel: {
      end()
    }
  }

  /// Lets it see the end of its standard input.
  package func closeInput() {
    if let descriptor = input.withLock({ $0.take() }) { close(descriptor) }
  }

  /// Writes a line to its standard input. Blocks while the pipe is full.
  ///
  /// - Returns: Whether the child's end was open.
  package func write(_ line: String) -> Bool {
    input.withLock { descriptor in
      guard let descriptor else { return false }
      return (try? StandardStream(descriptor: descriptor).write(line + "\n")) != nil
    }
  }

  /// Stops all its threads (SIGSTOP), as if it hung.
  package func freeze() {
    signal(SIGSTOP)
  }

  /// Sends it a signal, unless its end is known.
  package func signal(_ number: Int32) {
    hasEnded.withLock { if !$0 { _ = kill(id, number) } }
  }

  /// Waits until it has ended by itself or by a signal.
  ///
  /// - Returns: Its exit code, or the negated number of the signal that ended it; nil if ``end()`` came first.
  package func exitStatus() async -> Int32? {
    try? await waiters.runIfActive { [self] in
      var information = unsafe siginfo_t()
      // SAFETY: waitid(2) writes into the structure. WNOWAIT leaves the process to be waited for below, so that its number
      // can't be another's by then.
      while unsafe waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) < 0 {
        guard errno == EINTR else { return nil }
      }
      return hasEnded.withLock { hasEnded -> Int32? in
        guard !hasEnded else { return nil }
        hasEnded = true
        var status: Int32 = 0
        // SAFETY: waitpid(2) writes the status.
        while unsafe waitpid(id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : -signal
      }
    }
  }

  /// Ends it and its own children, at once and in any state, and waits for that.
  package func end() {
    hasEnded.withLock { hasEnded in
      guard !hasEnded else { return }
      hasEnded = true
      // The group, so that nobody goes on who holds its output.
      kill(-id, SIGKILL)
      while waitpid(id, nil, 0) < 0, errno == EINTR {}
    }
  }
}

extension ChildProcess {
  /// Both ends of a pipe, neither of which a child inherits.
  private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws(CommandFailure) {
      var ends: [Int32] = [-1, -1]
      // SAFETY: pipe(2) writes two descriptors into the array, which has room for two.
      guard unsafe pipe(&ends) == 0 else {
        throw CommandFailure("there are too many open files", hint: "raise the limit with ulimit -n")
      }
      (reading, writing) = (ends[0], ends[1])
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    func close() {
      for end in [reading, writing] { _ = closeDescriptor(end) }
    }
  }

  /// - Returns: 0, or the error's code.
  private static func spawn(
    _ program: String, _ arguments: [String], reading: Int32, writing: Int32, errors: Int32?,
    withheld: Set<String>, id: inout pid_t
  ) -> Int32 {
    let variables = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("PILOT_") && !withheld.contains($0.key)
    }
    // SAFETY: both lists end with a null pointer, and their texts are freed when the child has its own copies. The file
    // actions and attributes are initialized before they are used, and destroyed afterwards.
    return unsafe withTextList(arguments) { arguments in
      unsafe withTextList(variables.map { "\($0.key)=\($0.value)" }) { environment in
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, reading, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, writing, 1)
        if let errors { unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe _ = posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        return unsafe posix_spawn(&id, program, &actions, &attributes, arguments, environment)
      }
    }
  }

  private static func withTextList<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    // SAFETY: strdup(3) copies each text; the copies live until they are freed here, after the call.
    var list = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { unsafe list.forEach { unsafe free($0) } }
    return unsafe list.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { preconditionFailure("a list has an end at least") }
      return unsafe body(start)
    }
  }
}

/// close(2), under a name that a method called `close` doesn't hide.
private func closeDescriptor(_ descriptor: Int32) -> Int32 {
  close(descriptor)
}
