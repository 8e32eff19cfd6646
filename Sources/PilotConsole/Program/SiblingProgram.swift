#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The file of the running program, and those beside it.
package enum SiblingProgram {
  /// The path of the running program. If its file has been replaced meanwhile, a link that still leads to what runs here.
  package static var own: String {
    #if os(Linux)
      // The path behind the link gives a process its name in the system's lists.
      let link = "/proc/self/exe"
      let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? link
      return FileManager.default.isExecutableFile(atPath: path) ? path : link
    #else
      return CommandLine.arguments.first ?? "pilot"
    #endif
  }

  /// The path of a program in the same folder as the running one.
  package static func path(of name: String) -> String {
    guard let slash = own.lastIndex(of: "/") else { return name }
    return own[...slash] + name
  }

  /// Runs another program in this process, in place of this one: execv(3). Returns only if that fails.
  ///
  /// Descriptors, the environment and ignored signals are handed on.
  ///
  /// - Parameters:
  ///   - path: The program's file.
  ///   - arguments: The command line, without the program's name.
  /// - Returns: The system's words for what is in the way.
  package static func replaceProcess(with path: String, arguments: [String]) -> String {
    // SAFETY: the list ends with a null pointer, and its texts live until they are freed here, when the call has failed.
    let list = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe list.forEach { unsafe free($0) } }
    unsafe _ = execv(path, list)
    return SystemText.of(errno)
  }
}
