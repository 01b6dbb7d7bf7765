#include "priors/compiled_package.hpp"

#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "lvtino/core/error.hpp"

// What a package computes is tested by tests/python/check_compiled_network.py, which can make one.
BOOST_AUTO_TEST_SUITE(compiled_package)

using namespace lvtino;

BOOST_AUTO_TEST_CASE(packages_are_told_by_their_name) {
  BOOST_TEST(CompiledPackage::named("folder.pt/network.pt2"));
  BOOST_TEST(!CompiledPackage::named("folder.pt2/network.pt"));
  BOOST_TEST(!CompiledPackage::named("pt2"));
}

BOOST_AUTO_TEST_CASE(files_that_are_no_packages_are_named) {
  const auto refused = [](const std::string& path, const std::string& words) {
    BOOST_CHECK_EXCEPTION(CompiledPackage(path, at::kCPU), IoError, [&](const IoError& error) {
      return std::string(error.what()).rfind(path + ": " + words, 0) == 0;
    });
  };
  const auto folder = std::filesystem::temp_directory_path();
  refused((folder / "lvtino_no_such.pt2").string(), "no such file");
  refused(folder.string(), "no such file");
  const std::string path = (folder / "lvtino_compiled_package_test.pt2").string();
  std::ofstream(path) << "PK\3\4 and no more";
  refused(path, "not a package that AOTInductor compiled");
  std::filesystem::remove(path);
}

BOOST_AUTO_TEST_SUITE_END()
