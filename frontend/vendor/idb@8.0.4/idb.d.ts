// The types come with the npm package, which the checks of this project have and the browser needs not.
export * from "idb";
