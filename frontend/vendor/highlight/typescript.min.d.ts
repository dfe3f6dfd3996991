declare const value: any;
export default value;
