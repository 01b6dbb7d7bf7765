#pragma once

#include <memory>

#include "lvtino/core/tensor.hpp"

namespace torch::inductor {
class AOTIModelPackageLoader;
}

namespace lvtino {

/// A network that Python compiled ahead of time: a package of
/// torch._inductor.aoti_compile_and_package (X.pt2). It is machine code, which runs with the rights
/// of the program, for one kind of processor, one version of libtorch and the shapes that it was
/// exported with.
class CompiledPackage {
 public:
  /// Throws IoError that names the file unless it is a package for that kind of device.
  CompiledPackage(const std::string& path, at::Device device);
  ~CompiledPackage();
  CompiledPackage(const CompiledPackage&) = delete;
  CompiledPackage& operator=(const CompiledPackage&) = delete;

  /// Whether a file is taken for a package, by its name.
  static bool named(const std::string& path);

  /// `arguments` on the device, contiguous. Throws NumericalError with libtorch's words, also for
  /// shapes and dtypes that the package is not made for.
  std::vector<Tensor> operator()(const std::vector<Tensor>& arguments) const;

 private:
  std::string path_;
  std::unique_ptr<torch::inductor::AOTIModelPackageLoader> loader_;
};

}  // namespace lvtino
