#pragma once

#include "core/problem.hpp"

#include <string>
#include <utility>

namespace headgate::auth {

// Notes what is wrong with a source, and remembers whether it may be used.
class reporter {
public:
    explicit reporter(problems& found) : found_{found} {}

    void mistake(std::string path, std::string what, std::string remedy) {
        ++mistakes_;
        add(std::move(path), std::move(what), std::move(remedy), problem::weight::mistake);
    }
    void warning(std::string path, std::string what, std::string remedy) {
        add(std::move(path), std::move(what), std::move(remedy), problem::weight::warning);
    }
    [[nodiscard]] std::size_t mistakes() const noexcept { return mistakes_; }

private:
    void add(std::string path, std::string what, std::string remedy, problem::weight weighs) {
        auto& added = found_.emplace_back();
        added.path = std::move(path);
        added.what = std::move(what);
        added.remedy = std::move(remedy);
        added.weighs = weighs;
    }

    problems& found_;
    std::size_t mistakes_ = 0;
};

}  // namespace headgate::auth
