#include "priors/compiled_package.hpp"

#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <cstdlib>
#include <filesystem>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

using Loader = torch::inductor::AOTIModelPackageLoader;

constexpr const char* kModel = "model";  // the one network of a package

// Compiled code looks at its arguments only where it is told to, and would read beyond them.
void let_arguments_be_checked() { setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", 1); }

// Failures of libtorch in our own words and its.
template <class Failure, class Call>
auto told(const std::string& what, const Call& call) {
  try {
    return call();
  } catch (const c10::Error& failure) {
    throw Failure(what + failure.what_without_backtrace());
  } catch (const std::runtime_error& failure) {
    throw Failure(what + failure.what());
  }
}

}  // namespace

CompiledPackage::CompiledPackage(const std::string& path, at::Device device) : path_(path) {
  if (!std::filesystem::is_regular_file(path)) throw IoError(text(path, ": no such file"));
  let_arguments_be_checked();
  const std::string what = text(path, ": not a package that AOTInductor compiled: ");
  const auto metadata =
      told<IoError>(what, [&] { return Loader::load_metadata_from_package(path, kModel); });
  const auto found = metadata.find("AOTI_DEVICE_KEY");
  const std::string made = found == metadata.end() ? "an unknown device" : found->second;
  const std::string wanted = device.is_cuda() ? "cuda" : "cpu";
  if (made != wanted)
    throw IoError(text(path, ": expected a package compiled for ", wanted, ", got one for ", made));
  loader_ = told<IoError>(what, [&] { return std::make_unique<Loader>(path, kModel); });
}

CompiledPackage::~CompiledPackage() = default;

bool CompiledPackage::named(const std::string& path) {
  return std::filesystem::path(path).extension() == ".pt2";
}

std::vector<Tensor> CompiledPackage::operator()(const std::vector<Tensor>& arguments) const {
  return told<NumericalError>(
      text(path_, ": forward failed, for the reason that the compiled code gives above: "),
      [&] { return loader_->run(arguments); });
}

}  // namespace lvtino
