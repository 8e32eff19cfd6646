import FuzzTargets

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `FUZZ_TARGET=NAME fuzz [OPTION | FILE | FOLDER]…`, with libFuzzer's options. `Fuzz/run` builds this with it and the address
/// sanitizer; built without, it runs the target on each file.
///
/// The target's name is in the environment, because libFuzzer starts this program again with arguments of its own.
@main
struct Fuzzer {
  static func main() {
    guard target != nil else {
      let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
      print("usage: FUZZ_TARGET=NAME fuzz [OPTION | FILE | FOLDER]...\ntargets: \(names)")
      exit(2)
    }
    if let folder = unsafe getenv("FUZZ_PROGRAMS") { exit(writePrograms(to: unsafe String(cString: folder))) }
    exit(run())
  }

  /// Writes the programs that come with the target, for libFuzzer to go on from.
  private static func writePrograms(to folder: String) -> CInt {
    guard target == .beacon else { return 0 }
    for (name, program) in BeaconPrograms.all {
      guard let file = unsafe fopen("\(folder)/\(name)", "wb") else { return 1 }
      // SAFETY: fwrite(3) reads the array's bytes, which live for the length of the call.
      let written = unsafe fwrite(program, 1, program.count, file)
      guard unsafe fclose(file) == 0, written == program.count else { return 1 }
    }
    return 0
  }

  private static let target: FuzzTarget? = {
    guard let name = unsafe getenv("FUZZ_TARGET") else { return nil }
    return FuzzTarget(rawValue: unsafe String(cString: name))
  }()

  fileprivate static func runOnce(_ input: [UInt8]) {
    do {
      _ = try target?.run(input)
    } catch {
      // libFuzzer keeps the input of a process that dies.
      fatalError("\(error)")
    }
  }
}

#if LIBFUZZER
  /// libFuzzer as a library (FuzzerInterface.h in LLVM's compiler-rt).
  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ argc: UnsafeMutablePointer<CInt>,
    _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
  ) -> CInt

  extension Fuzzer {
    private static func run() -> CInt {
      var count = CommandLine.argc
      var arguments = unsafe CommandLine.unsafeArgv
      return unsafe runDriver(&count, &arguments) { start, length in
        // SAFETY: libFuzzer lends so many bytes for the call.
        unsafe Fuzzer.runOnce(Array(UnsafeBufferPointer(start: start, count: length)))
        return 0
      }
    }
  }
#else
  extension Fuzzer {
    private static func run() -> CInt {
      for path in CommandLine.arguments.dropFirst() {
        guard let input = read(path) else {
          print("\(path) can't be read")
          return 1
        }
        runOnce(input)
      }
      return 0
    }

    private static func read(_ path: String) -> [UInt8]? {
      guard let file = unsafe fopen(path, "rb") else { return nil }
      defer { _ = unsafe fclose(file) }
      var bytes: [UInt8] = []
      while case let byte = unsafe getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
      return bytes
    }
  }
#endif
